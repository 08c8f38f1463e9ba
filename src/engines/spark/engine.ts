import { setTimeout as sleep } from 'node:timers/promises';
import { EtlError } from '../../domain/failure.ts';
import { parseJobKey } from '../../domain/key.ts';
import { hasEnded } from '../../domain/state.ts';
import type { JobEngine, KeyedJob, ObjectStore, WorkRef, WorkState } from '../../ports.ts';
import { failureIn, tailOf } from '../spark-log.ts';
import { Staging } from '../staging.ts';
import { DriverLog, type LogPart } from './driver-log.ts';
import { Master, statusOf, type Driver, type MasterOptions, type MasterState } from './master.ts';
import { requestOf, type RequestOptions } from './request.ts';
import { driversOf, Submissions } from './submissions.ts';

/** As long as the notes in `staging` stay. */
const KEY_MEMORY_MS = 7 * 24 * 3_600_000;
const TAIL_BYTES = 32 * 1024;
const PAGE_BYTES = 128 * 1024;
/** How the worker begins a log: the command, which may hold what nobody else should read. */
const HEADER = /^(Launch Command: |={40}$)/;
/** A worker gives a driver ten seconds to end by itself. */
const KILLED_WITHIN_MS = 25_000;

export interface SparkOptions extends MasterOptions, Omit<RequestOptions, 'staging'> {
  store: ObjectStore;
  /** Where programs and notes go: an `s3://` path or an absolute one, which the cluster can read. */
  staging: string;
}

/**
 * Drivers on a standalone Spark cluster, by the master's REST server.
 *
 * @see https://spark.apache.org/docs/3.5.9/spark-standalone.html
 */
export function createSparkEngine(options: SparkOptions): JobEngine {
  const { name, ui, store, s3Scheme, requestTimeoutMs } = options;
  const master = new Master(options);
  const staging = new Staging(store, options.staging, s3Scheme);
  const submissions = new Submissions({ name, master, staging, requestTimeoutMs });
  const refOf = (id: string, key: string): WorkRef => ({ id, key, url: `${ui.replace(/\/+$/, '')}/` });

  const driver = async (id: string): Promise<{ now: MasterState; driver?: Driver | undefined }> => {
    const now = await master.state();
    return { now, driver: driversOf(now).find((one) => one.id === id) };
  };

  const lost = (id: string, words: string): EtlError =>
    new EtlError('JobLost', `engine ${name}: ${words}; look at the master's page`, { details: { ref: id } });

  async function stateOf(of: Driver, now: MasterState): Promise<WorkState | EtlError> {
    const status = statusOf(of);
    const log = DriverLog.of(of, now, requestTimeoutMs);
    const progress = log ? `${of.state}, log: ${log.page}` : of.state;
    if (status !== 'failed') return { status, progress };
    const exception = of.state === 'ERROR' ? await master.exception(of.id) : undefined;
    if (of.state === 'ERROR' && exception === undefined)
      return lost(of.id, `the master lost the worker of ${of.id}, and with it whether the job has ended`);
    const lines = [...(exception ?? '').split('\n'), ...(log ? await endOf(log).catch(() => []) : [])];
    const cause = exception?.split('\n')[1] ?? exception;
    const message = cause ?? failureIn(lines) ?? `it ended as ${of.state}, and its log can't be had`;
    return { status, progress, message, logTail: tailOf(lines) };
  }

  return {
    kinds: ['sql', 'spark'],
    keyMemoryMs: KEY_MEMORY_MS,
    lookAfterMs: requestTimeoutMs,

    ensureCluster: async () => ({ id: 'none', ready: true, started: false }),

    async find(key) {
      const id = await submissions.find(key);
      return id === undefined ? undefined : refOf(id, key);
    },

    async submit(spec, key) {
      const { id, found } = await submissions.submit(key, async (now) =>
        master.create(await requestOf(spec, key, now.url, { ...options, staging })),
      );
      return { ...refOf(id, key), found };
    },

    async poll(refs) {
      const now = await master.state();
      const drivers = new Map(driversOf(now).map((one) => [one.id, one]));
      const states = new Map<string, WorkState | EtlError>();
      for (const { id } of refs) {
        const known = drivers.get(id);
        if (!known) continue;
        try {
          states.set(id, await stateOf(known, now));
        } catch (error) {
          if (!(error instanceof EtlError) || error.type !== 'Unexpected') throw error;
          states.set(id, error);
        }
      }
      return states;
    },

    async cancel({ id }) {
      const giveUpAt = Date.now() + KILLED_WITHIN_MS;
      for (;;) {
        const known = (await driver(id)).driver;
        if (!known) throw lost(id, `Spark knows no driver ${id}, so nothing says that it has ended`);
        if (hasEnded(statusOf(known))) return;
        if (Date.now() > giveUpAt)
          throw new EtlError('Unavailable', `engine ${name}: driver ${id} does not end`);
        // Again each time: one that was just being started may not have heard it.
        await master.kill(id);
        await sleep(250);
      }
    },

    // What it printed comes when it has ended, after what it logged: so the order is always the same.
    async logs({ id }, from = '0-0') {
      const { now, driver: known } = await driver(id);
      const log = known && DriverLog.of(known, now, requestTimeoutMs);
      if (!log) return { lines: [], next: from };
      const [logged = 0, printed = 0] = from.split('-').map(Number);
      const isOver = hasEnded(statusOf(known));
      if (isOver) await log.settled();
      const first = linesOf(await log.read('stderr', PAGE_BYTES, logged), isOver);
      const rest = isOver && first.isWhole ? await log.read('stdout', PAGE_BYTES, printed) : undefined;
      const second = linesOf(rest, isOver);
      const next = `${logged + first.bytes}-${printed + second.bytes}`;
      return { lines: [...first.lines, ...second.lines], next };
    },

    async *listKeyed(since) {
      const now = await master.state();
      const drivers = driversOf(now)
        .filter(({ starttime }) => starttime >= since.getTime())
        .sort((a, b) => b.starttime - a.starttime || (a.id < b.id ? 1 : -1));
      for (const one of drivers) {
        const key = await submissions.keyOf(one, now);
        if (key === undefined || !parseJobKey(key)) continue;
        const startedAt = new Date(one.starttime);
        yield { key, ref: refOf(one.id, key), status: statusOf(one), startedAt } satisfies KeyedJob;
      }
    },
  };
}

/** The last lines of both logs; last those of the one that tells why it failed: Python's errors are among what it printed. */
async function endOf(log: DriverLog): Promise<string[]> {
  await log.settled();
  const logged = linesOf(await log.read('stderr', TAIL_BYTES), true).lines;
  const printed = linesOf(await log.read('stdout', TAIL_BYTES), true).lines;
  const isPython = printed.some((line) => line.startsWith('Traceback '));
  return isPython ? [...logged, ...printed] : [...printed, ...logged];
}

/** The lines of a part; one that is not whole yet is left for the next time, unless it is the last of all. */
function linesOf(
  part: LogPart | undefined,
  isOver: boolean,
): { lines: string[]; bytes: number; isWhole: boolean } {
  if (!part) return { lines: [], bytes: 0, isWhole: true };
  const isWhole = part.end === part.length;
  const text = isOver && isWhole ? part.text : part.text.slice(0, part.text.lastIndexOf('\n') + 1);
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  return { lines: lines.filter((line) => !HEADER.test(line)), bytes: Buffer.byteLength(text), isWhole };
}
