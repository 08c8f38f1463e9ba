import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
} from '@temporalio/workflow';
import { readBatch, type NewDataBatch } from '../src/domain/arrived-file.ts';
import type { NewDataProgress } from '../src/domain/new-data.ts';
import { Inbox, type InboxState } from './inbox.ts';
import { NewDataOpening } from './new-data-opening.ts';
import { NewData, type NewDataState } from './new-data-run.ts';

export const newDataProgress = defineQuery<NewDataProgress>('progress');
export const newDataSignal = defineSignal<[NewDataBatch]>('newData');
/** Says that the data is complete, whatever the rule. */
export const completeSignal = defineSignal('complete');

/**
 * Gathers the new data of an interval, starts its run when the data is complete, and minds what comes late. There is
 * one for each pipeline and interval, so that it stays small. `state` is what a run of this workflow hands to the next.
 */
export async function newData(
  input?: unknown,
  state?: NewDataState | { inbox: InboxState },
): Promise<NewDataProgress> {
  const inbox = new Inbox(state && 'inbox' in state ? state.inbox : undefined);
  const opening = new NewDataOpening(inbox, input);
  let gathering = state && 'plan' in state ? new NewData(inbox, state) : undefined;
  setHandler(newDataProgress, () => (gathering ?? opening).progress());
  setHandler(newDataSignal, (batch) => inbox.put(readBatch(batch), Date.now()));
  setHandler(completeSignal, () => inbox.complete());

  if (!gathering) {
    const plan = await opening.plan();
    gathering = plan && new NewData(inbox, { plan });
  }
  const rest = await gathering?.execute();
  await condition(allHandlersFinished);
  // A signal may have come since: what is handed on is looked at last.
  if (!gathering) return continueAsNew<typeof newData>(input, { inbox: inbox.state });
  if (rest) return continueAsNew<typeof newData>(input, rest);
  return gathering.progress();
}
