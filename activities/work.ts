import { activityInfo } from '@temporalio/activity';
import type { Connection } from '../src/domain/connection.ts';
import { EtlError, type FailureDetails, type LoadError } from '../src/domain/failure.ts';
import { loadErrorWords } from '../src/domain/load-error.ts';
import { sampleOf } from '../src/domain/sample.ts';
import { hasEnded } from '../src/domain/state.ts';
import type {
  BatchResult,
  FileSet,
  JobKind,
  JobOutcome,
  JobSpec,
  Measure,
  RemoteWork,
  StatementBatch,
  Warehouse,
  WorkRef,
  WorkState,
} from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection as byName, heartbeating, pause } from './waiting.ts';
import type { Watchers } from './watcher.ts';

export interface SubmittedWork {
  ref: WorkRef;
  /** It was there before anybody asked for it now, and had ended badly: as after a reset. */
  endedBadlyBefore: boolean;
  /** The same, but it had ended well. */
  doneBefore?: boolean;
  /** It was there already: sent by an attempt before this one, or before a reset. */
  found?: true;
}

/** What ended well: with the measure of its output, or the result of its statements. */
export interface FinishedWork {
  ref: WorkRef;
  /** Nobody can say whether it was submitted for what is wanted now, or under the same key before a reset. */
  found?: true;
  measure?: Measure;
  /** Partial, because a history may hold what an earlier version knew. */
  statements?: Partial<BatchResult>;
  outcome?: JobOutcome;
}

/** Submitting, awaiting and stopping remote work: the same for jobs on engines and statements in warehouses. */
export function createWorkActivities({ engines, warehouses, measure }: Deps, watchers: Watchers) {
  function remoteWork(to: Connection): RemoteWork<never> {
    return to.kind === 'engine'
      ? byName('engine', engines, to.name)
      : byName('warehouse', warehouses, to.name);
  }

  return {
    /** Starts the work under its key, or finds it. */
    async submitWork(request: {
      to: Connection;
      spec: JobSpec | StatementBatch;
      key: string;
      /** The run was never reset, so that nobody had this key before. */
      isNew?: boolean;
    }): Promise<SubmittedWork> {
      const work = remoteWork(request.to) as RemoteWork<JobSpec | StatementBatch>;
      const { attempt, scheduledTimestampMs } = activityInfo();
      if (attempt > 1) {
        // The request of the attempt before may still be on its way: a look before it arrived would find nothing.
        await pause(work.lookAfterMs);
        if (Date.now() - scheduledTimestampMs > work.keyMemoryMs) throw forgotten(request.key);
      }
      const isNew = request.isNew === true && attempt === 1;
      const { found, ...ref } = await work.submit(request.spec, request.key, isNew);
      if (!found) return { ref, endedBadlyBefore: false };
      const state = attempt > 1 ? undefined : (await work.poll([ref])).get(ref.id);
      if (state === undefined || state instanceof EtlError)
        return { ref, endedBadlyBefore: false, found: true };
      const isDone = state.status === 'done';
      return { ref, endedBadlyBefore: endedBadly(state), doneBefore: isDone, found: true };
    },

    /** Waits for the end of the work; heartbeats carry its ref. */
    async awaitWork(request: {
      to: Connection;
      ref: WorkRef;
      output?: FileSet;
      /** The kind of a job that leaves more than files. */
      outcome?: JobKind;
      /** How many rows of the last query to bring along; one, if nothing is said. */
      rows?: number;
    }): Promise<FinishedWork> {
      const { to, ref, output, outcome, rows } = request;
      const work = remoteWork(to);
      let standing: unknown = 'asking';
      let url: string | undefined;
      const say = () => ({ ref: ref.id, key: ref.key, state: standing, ...(url !== undefined && { url }) });
      return heartbeating(say, async (cancelled) => {
        const state = await watchers.of(work).ended(ref, cancelled, (now) => {
          standing = typeof now === 'string' ? now : (now.progress ?? now.status);
          if (typeof now !== 'string') url = now.url ?? url;
        });
        if (to.kind === 'warehouse') {
          const warehouse = byName('warehouse', warehouses, to.name);
          if (state.status !== 'done') throw failureOf(ref, state, await loadErrors(warehouse, ref, state));
          const result = await warehouse.result(ref, rows);
          return { ref, statements: { ...result, rows: sampleOf(result.rows) } };
        }
        if (state.status !== 'done') throw failureOf(ref, state);
        const left = outcome && (await byName('engine', engines, to.name).outcome?.(ref, outcome));
        return {
          ref: { ...ref, ...(url !== undefined && { url }) },
          ...(left && { outcome: left }),
          ...(output && { measure: await measure(output) }),
        };
      });
    },

    /** Finds the work by its key, cancels it, and returns once it is confirmed ended. */
    async stopWork(request: { to: Connection; key: string; ref?: WorkRef }): Promise<void> {
      const work = remoteWork(request.to);
      await heartbeating(
        () => ({ stopping: request.key }),
        async (cancelled) => {
          let ref = request.ref ?? (await work.find(request.key));
          if (ref === undefined) {
            // A submission that is on its way would start after this look: it is a look of its own, then a request.
            await pause(2 * work.lookAfterMs, cancelled);
            ref = await work.find(request.key);
          }
          if (ref !== undefined) await work.cancel(ref);
        },
      );
    },
  };
}

const endedBadly = (state: WorkState): boolean => hasEnded(state.status) && state.status !== 'done';

const forgotten = (key: string): EtlError =>
  new EtlError('JobLost', `no answer to the submission of ${key}, and its key is too old to be looked up`);

/** So many lines say what is wrong with a file; all of them would not fit into a history. */
const SHOWN_LOAD_ERRORS = 10;

/** A load that failed at lines of its files says only where they are listed. */
async function loadErrors(warehouse: Warehouse, ref: WorkRef, state: WorkState): Promise<LoadError[]> {
  const isLoad = state.status === 'failed' && /load_error/i.test(state.message ?? '');
  return isLoad ? warehouse.loadErrors(ref, SHOWN_LOAD_ERRORS) : [];
}

function failureOf(ref: WorkRef, state: WorkState, errors: LoadError[] = []): EtlError {
  const otherwise = state.status === 'cancelled' ? 'it was cancelled from outside' : 'it failed';
  const message = loadErrorWords(errors) || (state.message ?? otherwise);
  const details: FailureDetails = {
    ref: ref.id,
    ended: true,
    ...(ref.log !== undefined && { log: ref.log }),
    ...(state.logTail !== undefined && { logTail: state.logTail }),
    ...(state.statement !== undefined && { statement: state.statement }),
    ...(errors.length > 0 && { loadErrors: errors }),
  };
  if (state.transient === 'rolledBack') return new EtlError('Unavailable', message, { details });
  if (state.transient === 'unclear') return new EtlError('JobLost', message, { details });
  return new EtlError('JobFailed', message, { details });
}
