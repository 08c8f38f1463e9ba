import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { EtlError, isRefusal } from '../../domain/failure.ts';
import type { ObjectStore } from '../../ports.ts';
import { Staging } from '../staging.ts';

const SENT = 'sent-';
/** EMR's clock and ours may differ. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

const sent = z.object({ atMs: z.number() });

/** Notes in S3 of what was sent under a key: EMR leaves old steps out of its lists where there are many. */
export class Submissions {
  readonly #staging: Staging;

  constructor(store: ObjectStore, folder: string) {
    this.#staging = new Staging(store, folder, 's3');
  }

  /** Sends, and notes it before. The note goes when EMR has refused it; others with the same key keep theirs. */
  async noted<T>(key: string, send: () => Promise<T>): Promise<T> {
    const note = `${SENT}${randomUUID()}`;
    await this.#staging.note(key, note, { atMs: Date.now() });
    try {
      return await send();
    } catch (error) {
      if (isRefusal(error)) await this.#staging.forget(key, note);
      throw error;
    }
  }

  /** Throws `JobLost` if something was sent under a key before the time since which EMR lists all steps, none of them its own. */
  async refuseToGuess(key: string, allSince: Date): Promise<void> {
    for (const name of await this.#staging.names(key, SENT)) {
      const { atMs = 0 } = (await this.#staging.read(key, name, sent)) ?? {};
      if (atMs - CLOCKS_DIFFER_MS >= allSince.getTime()) continue;
      const at = new Date(atMs).toISOString();
      const message = `the submission of ${key} was sent at ${at}, and EMR lists so many steps of the cluster that it leaves out those before ${allSince.toISOString()}; look for a step of that name on the cluster, then adopt or resubmit`;
      throw new EtlError('JobLost', message);
    }
  }
}
