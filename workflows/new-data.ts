import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { readBatch, type NewDataBatch } from '../src/domain/arrived-file.ts';
import type { NewDataPlan, NewDataProgress } from '../src/domain/new-data.ts';
import { atOnce } from './activities.ts';
import { passedOn } from './failures.ts';
import { Inbox } from './inbox.ts';
import { NewData, type NewDataState } from './new-data-run.ts';

export const newDataProgress = defineQuery<NewDataProgress>('progress');
export const newDataSignal = defineSignal<[NewDataBatch]>('newData');
/** Says that the data is complete, whatever the rule. */
export const completeSignal = defineSignal('complete');

/**
 * Gathers the new data of an interval, starts its run when the data is complete, and minds what comes late. There is
 * one for each pipeline and interval, so that it stays small. `state` is what a run of this workflow hands to the next.
 */
export async function newData(input?: unknown, state?: NewDataState): Promise<NewDataProgress> {
  const inbox = new Inbox();
  let gathering = state && new NewData(inbox, state);
  const { workflowId } = workflowInfo();
  const [pipeline = '', interval = ''] = workflowId.split('/', 2);
  setHandler(newDataProgress, () => gathering?.progress() ?? unopened(pipeline, interval));
  setHandler(newDataSignal, (batch) => inbox.put(readBatch(batch), Date.now()));
  setHandler(completeSignal, () => inbox.complete());

  gathering ??= new NewData(inbox, { plan: await open(input, workflowId) });
  const rest = await gathering.execute();
  await condition(allHandlersFinished);
  if (rest) return continueAsNew<typeof newData>(input, rest);
  return gathering.progress();
}

/** What can be said before the input was read. */
const unopened = (pipeline: string, interval: string): NewDataProgress => ({
  pipeline,
  interval,
  status: 'gathering',
  files: 0,
  duplicates: 0,
  unmatched: 0,
  runs: 0,
  late: { count: 0, files: [] },
  detail: 'reads the pipeline file',
});

async function open(input: unknown, workflowId: string): Promise<NewDataPlan> {
  try {
    return await atOnce('reads the pipeline file', (activities) =>
      activities.openNewData({ input, workflowId }),
    );
  } catch (error) {
    throw passedOn(error);
  }
}
