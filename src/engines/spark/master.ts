import { z } from 'zod';
import { EtlError, unexpected } from '../../domain/failure.ts';
import type { WorkStatus } from '../../domain/state.ts';
import { HttpApi } from '../http.ts';
import type { CreateRequest } from './request.ts';

const driver = z.object({
  id: z.string(),
  starttime: z.coerce.number(),
  state: z.string(),
  /** The worker's ID, or `None` while it waits for one. */
  worker: z.string().default('None'),
});

const state = z.object({
  /** What applications call the master: `spark://host:7077`. */
  url: z.string(),
  status: z.string(),
  workers: z.array(z.object({ id: z.string(), webuiaddress: z.string(), state: z.string() })),
  activeapps: z.array(z.object({ id: z.string(), name: z.string() })),
  activedrivers: z.array(driver),
  /** In the order of their ends; the master keeps the last 200 (`spark.deploy.retainedDrivers`). */
  completeddrivers: z.array(driver),
});

export type Driver = z.output<typeof driver>;
export type MasterState = z.output<typeof state>;

const answer = z.object({
  success: z.boolean().optional(),
  submissionId: z.string().optional(),
  message: z.string().optional(),
});

/** https://github.com/apache/spark/blob/v3.5.9/core/src/main/scala/org/apache/spark/deploy/master/DriverState.scala */
const STATE: Record<string, WorkStatus> = {
  SUBMITTED: 'queued',
  RUNNING: 'running',
  RELAUNCHING: 'queued',
  // While the master recovers.
  UNKNOWN: 'running',
  FINISHED: 'done',
  FAILED: 'failed',
  ERROR: 'failed',
  KILLED: 'cancelled',
};

/** What a driver's state comes to; an unknown one is `Unexpected`. */
export const statusOf = ({ state: native }: Driver): WorkStatus =>
  STATE[native] ?? unexpected('Spark', native);

export interface MasterOptions {
  /** Of the server that takes submissions, port 6066. */
  url: string;
  /** Of the master's web UI, port 8080. */
  ui: string;
  requestTimeoutMs: number;
}

/**
 * A standalone master: its REST server takes submissions, and its web UI lists all drivers in one answer.
 *
 * @see https://spark.apache.org/docs/3.5.9/spark-standalone.html#rest-api
 */
export class Master {
  readonly #rest: HttpApi;
  readonly #ui: HttpApi;

  constructor({ url, ui, requestTimeoutMs }: MasterOptions) {
    const headers = async () => ({});
    this.#rest = new HttpApi({ vendor: `Spark at ${url}`, url, headers, requestTimeoutMs });
    this.#ui = new HttpApi({ vendor: `Spark at ${ui}`, url: ui, headers, requestTimeoutMs });
  }

  /** All that it knows. A master that recovers, or stands by for another, is `Unavailable`. */
  async state(): Promise<MasterState> {
    const known = await this.#ui.json('GET', 'json/', state);
    if (known.status === 'ALIVE') return known;
    throw new EtlError('Unavailable', `Spark's master is ${known.status}, not ALIVE`);
  }

  /** The ID of the new driver. */
  async create(request: CreateRequest): Promise<string> {
    const { success, submissionId, message } = await this.#rest.json(
      'POST',
      'v1/submissions/create',
      answer,
      { json: request },
    );
    if (success === true && submissionId !== undefined) return submissionId;
    const words = message ?? 'without a reason';
    throw new EtlError(
      refusedForNow(words) ? 'Throttled' : 'Rejected',
      `Spark took no submission: ${words}`,
      {
        retryAfterMs: 10_000,
      },
    );
  }

  /** Asks for a driver's end; whether it was still there to be ended. */
  async kill(id: string): Promise<boolean> {
    const { success, message = '' } = await this.#rest.json(
      'POST',
      `v1/submissions/kill/${encodeURIComponent(id)}`,
      answer,
    );
    if (success !== true && refusedForNow(message)) throw new EtlError('Unavailable', message);
    return success === true;
  }

  /** What the cluster itself says of a driver that it could not run. */
  async exception(id: string): Promise<string | undefined> {
    const path = `v1/submissions/status/${encodeURIComponent(id)}`;
    return (await this.#rest.json('GET', path, answer)).message;
  }
}

/** A master that is not the one in charge, or not yet. */
const refusedForNow = (words: string): boolean => words.includes('ALIVE state');
