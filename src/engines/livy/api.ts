import { z } from 'zod';
import { EtlError } from '../../domain/failure.ts';
import { HttpApi } from '../http.ts';
import { batch, type Batch } from './batch.ts';
import type { BatchRequest } from './request.ts';

/** Livy takes any size; a page of a hundred is only what it answers when nobody says. */
const PAGE = 1_000;
const PAUSE_MS = 10_000;

const page = z.object({ total: z.number(), sessions: z.array(batch) });
const logPage = z.object({ log: z.array(z.string()) });

/** What Livy itself puts between the lines. */
const HEADINGS = ['stdout: ', '\nstderr: ', '\nYARN Diagnostics: '];

export interface LivyApiOptions {
  url: string;
  /** The value of the header `Authorization`; undefined where none is asked for. */
  authorization(anew: boolean): Promise<string | undefined>;
  requestTimeoutMs: number;
}

/**
 * Livy's requests about batches.
 *
 * @see https://livy.incubator.apache.org/docs/latest/rest-api.html#batch
 */
export class LivyApi {
  readonly #http: HttpApi;

  constructor({ url, authorization, requestTimeoutMs }: LivyApiOptions) {
    this.#http = new HttpApi({
      vendor: `Livy at ${url}`,
      url,
      headers: async (anew) => {
        const secret = await authorization(anew);
        // Asked for where Livy guards against forged requests.
        return { 'x-requested-by': 'millrace', ...(secret !== undefined && { authorization: secret }) };
      },
      requestTimeoutMs,
    });
  }

  /** All batches, oldest first. */
  async all(): Promise<Batch[]> {
    const all: Batch[] = [];
    for (let from = 0; ; from += PAGE) {
      const { total, sessions } = await this.#http.json('GET', 'batches', page, {
        query: { from, size: PAGE },
      });
      all.push(...sessions);
      if (from + PAGE >= total) return all;
    }
  }

  async batch(id: string): Promise<Batch | undefined> {
    return /^\d+$/.test(id) ? this.#http.jsonIfThere('GET', `batches/${id}`, batch) : undefined;
  }

  /** The new batch; undefined where one of that name is there. */
  async create(request: BatchRequest): Promise<Batch | undefined> {
    try {
      return await this.#http.json('POST', 'batches', batch, { json: request });
    } catch (error) {
      if (!(error instanceof EtlError) || error.type !== 'Rejected') throw error;
      if (/duplicate session name/i.test(error.message)) return undefined;
      if (!/too many sessions/i.test(error.message)) throw error;
      throw new EtlError('Throttled', error.message, { retryAfterMs: PAUSE_MS });
    }
  }

  async delete(id: string): Promise<void> {
    await this.#http.send('DELETE', `batches/${id}`, { accept: [404] });
  }

  /** The lines that Livy still has, which are the newest few hundred. */
  async log(id: string): Promise<string[]> {
    const query = { from: 0, size: -1 };
    const found = await this.#http.jsonIfThere('GET', `batches/${id}/log`, logPage, { query });
    return (found?.log ?? []).filter((line) => !HEADINGS.includes(line));
  }
}
