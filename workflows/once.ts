import { isCancellation, sleep } from '@temporalio/workflow';
import type { FinishedWork } from '../activities/work.ts';
import type { LedgerEntry } from '../src/domain/publication.ts';
import type { OncePlan } from '../src/ports.ts';
import { waiting } from './activities.ts';
import { evenIfCutOff } from './deadline.ts';
import { failure, faultOf } from './failures.ts';
import type { StepRun } from './step-run.ts';
import { LONGEST_PAUSE_MS, doWork } from './work.ts';

export interface OnceRequest {
  warehouse: string;
  /** What it is, in a word or two. */
  what: string;
  plan: OncePlan;
  /** The ledger's key, which all attempts of the step share. */
  key: string;
  /** How many rows of the last query to bring along. */
  rows?: number;
}

/**
 * Runs statements that the ledger lets take effect once. Undefined: they had, and their answer was lost, or came after a
 * timeout or a cancellation.
 */
export async function runOnce(step: StepRun, request: OnceRequest): Promise<FinishedWork | undefined> {
  try {
    return await untilKnown(step, request);
  } catch (error) {
    if (isCancellation(error) && (await tookEffectAfterAll(step, request))) return undefined;
    throw error;
  }
}

async function untilKnown(step: StepRun, request: OnceRequest): Promise<FinishedWork | undefined> {
  const { warehouse, what, plan, key, rows } = request;
  for (let pauseMs = 1_000; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await doWork(step, {
        to: { kind: 'warehouse', name: warehouse },
        what,
        spec: plan.run,
        nextKey: () => `${key}-q${(step.batches += 1)}`,
        ...(rows !== undefined && { rows }),
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { type, message, details } = faultOf(error);
      const { state } = await readLedger(step, request);
      if (tookEffect(state)) return undefined;
      if (state === 'superseded') {
        throw failure(
          'JobFailed',
          'a newer run of this interval has done it since; nothing was changed',
          details,
        );
      }
      if (type !== 'JobLost' && type !== 'Unavailable') {
        const own = (details.statement ?? -1) - plan.before;
        const where =
          own >= 0 && plan.run.statements.length - plan.before > 2 ? `statement ${own + 1}: ` : '';
        throw failure(type, `${where}${message}`, details);
      }
      step.say(`${message}; nothing was changed, tries again`);
      await sleep(pauseMs, { summary: `${step.definition.id}: before trying again` });
    }
  }
}

function readLedger(step: StepRun, { warehouse, plan, key }: OnceRequest): Promise<LedgerEntry> {
  const { heartbeatTimeoutMs } = step.run.plan.settings;
  const wait = waiting(heartbeatTimeoutMs, `${step.definition.id}: reads the ledger`);
  return wait.readLedger({ warehouse, ledger: plan.ledger, key });
}

/** Without an answer the next attempt finds out, by the key. */
async function tookEffectAfterAll(step: StepRun, request: OnceRequest): Promise<boolean> {
  try {
    return tookEffect((await evenIfCutOff(() => readLedger(step, request))).state);
  } catch {
    return false;
  }
}

const tookEffect = (state: LedgerEntry['state']): boolean => state === 'published' || state === 'otherFiles';
