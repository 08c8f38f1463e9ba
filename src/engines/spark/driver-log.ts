import { setTimeout as sleep } from 'node:timers/promises';
import { HttpApi } from '../http.ts';
import type { Driver, MasterState } from './master.ts';

/** How long a worker may take to write down what an ended driver said last. */
const SETTLE_MS = 100;
const SETTLE_TRIES = 20;

const HEADER = /^==== Bytes (\d+)-(\d+) of (\d+) of [^\n]* ====\n/;

export interface LogPart {
  text: string;
  /** Where the next part begins, and how long the log is now, in bytes. */
  end: number;
  length: number;
}

/** A driver's log, which its worker has and shows on its web UI. */
export class DriverLog {
  readonly #http: HttpApi;
  readonly #id: string;
  /** The page that shows it to a person. */
  readonly page: string;

  private constructor(worker: string, id: string, requestTimeoutMs: number) {
    const vendor = `Spark's worker at ${worker}`;
    this.#http = new HttpApi({ vendor, url: worker, headers: async () => ({}), requestTimeoutMs });
    this.#id = id;
    this.page = `${worker.replace(/\/+$/, '')}/logPage/?driverId=${id}&logType=stderr`;
  }

  /** Undefined where no worker is known that has it. */
  static of(driver: Driver, { workers }: MasterState, requestTimeoutMs: number): DriverLog | undefined {
    const worker = workers.find(({ id }) => id === driver.worker);
    return worker && new DriverLog(worker.webuiaddress, driver.id, requestTimeoutMs);
  }

  /** Without `offset` the last bytes. Undefined where there is none (any more). */
  async read(logType: 'stderr' | 'stdout', bytes: number, offset?: number): Promise<LogPart | undefined> {
    const query = { driverId: this.#id, logType, byteLength: bytes, ...(offset !== undefined && { offset }) };
    const { body } = await this.#http.send('GET', 'log/', { query });
    const [header = '', , end = '0', length = '0'] = HEADER.exec(body) ?? [];
    if (length === '0') return undefined;
    return { text: body.slice(header.length), end: Number(end), length: Number(length) };
  }

  /** Waits until the log of a driver that has ended grows no more: its worker writes it a moment later. */
  async settled(): Promise<void> {
    let before = '';
    for (let tries = 0; tries < SETTLE_TRIES; tries += 1) {
      const parts = [await this.read('stderr', 1), await this.read('stdout', 1)];
      const now = parts.map((part) => part?.length ?? 0).join();
      if (now === before) return;
      before = now;
      await sleep(SETTLE_MS);
    }
  }

  /** The name of the application that the driver runs: the worker writes how it was started to the head of the log. */
  async appName(): Promise<string | undefined> {
    const head = await this.read('stderr', 16 * 1024, 0);
    return /^Launch Command: .*"-Dspark\.app\.name=([^"]*)"/.exec(head?.text ?? '')?.[1];
  }
}
