import { z } from 'zod';
import { EtlError, isRefusal } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import { hasEnded } from '../../domain/state.ts';
import type { JobEngine, KeyedJob, ObjectStore, WorkRef, WorkState } from '../../ports.ts';
import { neverReached } from '../http.ts';
import { failureIn, tailOf } from '../spark-log.ts';
import { Staging } from '../staging.ts';
import { LivyApi, type LivyApiOptions } from './api.ts';
import { hasNoProcess, statusOf, type Batch } from './batch.ts';
import { pieceOf } from './log-pieces.ts';
import { requestOf, type RequestOptions } from './request.ts';
import { hasLivedOn, sent, sentNow } from './sent.ts';

const DAY_MS = 24 * 3_600_000;
/** What is in `staging` outlives Livy's own memory. */
const KEY_MEMORY_MS = 7 * DAY_MS;
/** Livy forgets an ended batch after ten minutes, unless it is told otherwise; some are for its clock and ours. */
const SURELY_KEPT_MS = 9 * 60_000;
const STARTS_WITHIN_MS = 2 * 60_000;

export interface LivyOptions extends LivyApiOptions, Omit<RequestOptions, 'staging'> {
  store: ObjectStore;
  /** Where programs and notes go: an `s3://` path or an absolute one, which the cluster can read. */
  staging: string;
  /** How long a batch may have no process before it is lost. */
  startsWithinMs?: number;
}

const submitted = z.object({ id: z.string(), atMs: z.number() });

/**
 * Batches of Apache Livy. The key is a batch's name, of which Livy takes each only once at a time.
 *
 * Livy numbers batches from 0 again when it is started again, and forgets ended ones after ten minutes: a number
 * counts only together with its name, and notes in `staging` remember for longer.
 *
 * @see https://livy.incubator.apache.org/docs/latest/rest-api.html
 */
export function createLivyEngine(options: LivyOptions): JobEngine {
  const { name, url, store, s3Scheme, requestTimeoutMs, startsWithinMs = STARTS_WITHIN_MS } = options;
  const api = new LivyApi(options);
  const staging = new Staging(store, options.staging, s3Scheme);
  const page = (id: string) => `${url.replace(/\/+$/, '')}/ui/batch/${id}/log`;
  const refOf = (id: string, key: string): WorkRef => ({ id, key, url: page(id), log: page(id) });
  /** Since when batches have been without a process. */
  const withoutProcess = new Map<string, number>();

  /** What is there under a key, and the batches that Livy has. `JobLost` where nobody can say what is there. */
  async function look(key: string): Promise<{ ref?: WorkRef; batches: Batch[] }> {
    const batches = await api.all();
    const batch = batches.find((one) => one.name === key);
    if (batch) return { ref: refOf(String(batch.id), key), batches };
    const known = await staging.read(key, 'submitted', submitted);
    if (known) return { ref: refOf(known.id, key), batches };
    const asked = await staging.read(key, 'sent', sent);
    if (asked) {
      const ago = `the submission of ${key} was sent at ${new Date(asked.atMs).toISOString()}, its answer was lost`;
      if (!hasLivedOn(asked, batches))
        throw lost(`${ago}, and nothing that Livy lists shows that it has not been started anew since`);
      if (Date.now() - asked.atMs > SURELY_KEPT_MS)
        throw lost(`${ago}, and Livy forgets a batch after ten minutes`);
    }
    return { batches };
  }

  function lost(what: string, ref?: string): EtlError {
    const todo =
      "look in the list of Spark's applications for one of its name, and wait for its end or stop it there before anything is resubmitted";
    return new EtlError('JobLost', `engine ${name}: ${what}; ${todo}`, {
      details: ref === undefined ? {} : { ref },
    });
  }

  /** Livy keeps a batch whose start it refused, by the same name. */
  async function removeRefused(key: string): Promise<void> {
    const batches = await api.all().catch(() => []);
    const batch = batches.find((one) => one.name === key);
    if (batch && hasNoProcess(batch)) await api.delete(String(batch.id)).catch(() => undefined);
  }

  async function stateOf(batch: Batch): Promise<WorkState | EtlError> {
    const id = String(batch.id);
    if (hasNoProcess(batch)) {
      const since = withoutProcess.get(id) ?? Date.now();
      withoutProcess.set(id, since);
      const forMs = Date.now() - since;
      if (forMs > startsWithinMs) {
        const seconds = Math.round(forMs / 1_000);
        return lost(`batch ${id} is ${batch.state} for ${seconds} s and has no process`, id);
      }
    } else withoutProcess.delete(id);
    const status = statusOf(batch);
    const progress = batch.appId ? `${batch.state}, application ${batch.appId}` : batch.state;
    if (status !== 'failed') return { status, progress };
    const lines = await api.log(id);
    const message = failureIn(lines);
    return { status, progress, logTail: tailOf(lines), ...(message !== undefined && { message }) };
  }

  const isOf = (batch: Batch, ref: WorkRef): boolean => ref.adopted === true || batch.name === ref.key;

  const taken = ({ id, key }: WorkRef, batch: Batch): EtlError =>
    lost(`batch ${id} is named ${batch.name ?? 'nothing'} and not ${key}, so Livy has been started anew`, id);

  return {
    kinds: ['sql', 'spark'],
    keyMemoryMs: KEY_MEMORY_MS,
    lookAfterMs: requestTimeoutMs,

    ensureCluster: async () => ({ id: 'none', ready: true, started: false }),

    find: async (key) => (await look(key)).ref,

    async submit(spec, key) {
      const { ref: before, batches } = await look(key);
      if (before) return { ...before, found: true };
      const request = await requestOf(spec, key, { ...options, staging });
      const note = sentNow(batches);
      await staging.note(key, 'sent', note);
      try {
        const made = await api.create(request);
        if (made) {
          await staging.note(key, 'submitted', { id: String(made.id), atMs: note.atMs });
          return { ...refOf(String(made.id), key), found: false };
        }
      } catch (error) {
        if (isRefusal(error)) await removeRefused(key);
        // Either way it is certain that no batch came of it.
        if (isRefusal(error) || neverReached(error)) await staging.forget(key, 'sent');
        throw error;
      }
      const { ref: other } = await look(key);
      if (other) return { ...other, found: true };
      throw new EtlError(
        'Unavailable',
        `engine ${name}: Livy has, and shows not, a batch of the name ${key}`,
      );
    },

    async poll(refs) {
      const batches = new Map((await api.all()).map((batch) => [String(batch.id), batch]));
      const states = new Map<string, WorkState | EtlError>();
      for (const ref of refs) {
        // Of pages that moved while they were read one may have slipped through.
        const batch = batches.get(ref.id) ?? (await api.batch(ref.id));
        try {
          if (batch && isOf(batch, ref)) states.set(ref.id, await stateOf(batch));
          else if (await staging.read(ref.key, 'cancelled', submitted))
            states.set(ref.id, { status: 'cancelled' });
          else if (batch) states.set(ref.id, taken(ref, batch));
        } catch (error) {
          if (!(error instanceof EtlError) || error.type !== 'Unexpected') throw error;
          states.set(ref.id, error);
        }
      }
      return states;
    },

    async cancel(ref) {
      const { id, key } = ref;
      const batch = await api.batch(id);
      if (batch && isOf(batch, ref)) {
        if (hasEnded(statusOf(batch))) return;
        // Deleting is the only way to stop it, and leaves nothing that says so.
        await staging.note(key, 'cancelled', { id, atMs: Date.now() });
        await api.delete(id);
        const still = await api.batch(id);
        if (still && isOf(still, ref))
          throw new EtlError('Unavailable', `engine ${name}: Livy still has batch ${id}`);
      } else if (!(await staging.read(key, 'cancelled', submitted))) {
        throw batch
          ? taken(ref, batch)
          : lost(`Livy knows no batch ${id}, so nothing says that it has ended`, id);
      }
    },

    async logs(ref, from) {
      const batch = await api.batch(ref.id);
      return pieceOf(batch && isOf(batch, ref) ? await api.log(ref.id) : [], from);
    },

    async *listKeyed(since) {
      const jobs: KeyedJob[] = [];
      for (const batch of await api.all()) {
        const { id, name: key } = batch;
        if (!key || !parseJobKey(key)) continue;
        // Livy says of no batch when it began.
        const known =
          (await staging.read(key, 'submitted', submitted)) ?? (await staging.read(key, 'sent', sent));
        const startedAt = known ? new Date(known.atMs) : new Date();
        if (startedAt < since) continue;
        jobs.push({ key, ref: refOf(String(id), key), status: statusOf(batch), startedAt });
      }
      yield* jobs.sort((one, other) => other.startedAt.getTime() - one.startedAt.getTime());
    },
  };
}
