import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EtlError, unexpected } from '../../src/domain/failure.ts';
import type { WorkStatus } from '../../src/domain/state.ts';
import { HttpApi } from '../../src/engines/http.ts';
import type { JobEngine, WorkRef, WorkState } from '../../src/ports.ts';

/** Foreman's own words for where a job stands. */
const STATE: Record<string, WorkStatus> = {
  NEW: 'queued',
  BUSY: 'running',
  OK: 'done',
  BROKEN: 'failed',
  STOPPED: 'cancelled',
};

const job = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  error: z.string().optional(),
  createdAt: z.iso.datetime(),
});
type Job = z.infer<typeof job>;
const page = z.object({ jobs: z.array(job), next: z.string().nullable() });

const IDS_A_REQUEST = 100;

export interface ForemanOptions {
  url: string;
  /** Asked `anew` after it was refused. */
  token(anew?: boolean): Promise<string>;
  requestTimeoutMs: number;
}

/** Jobs on Foreman, an imaginary server that runs shell scripts and takes each name once. */
export function createForemanEngine({ url, token, requestTimeoutMs }: ForemanOptions): JobEngine {
  const api = new HttpApi({
    vendor: `Foreman at ${url}`,
    url,
    headers: async (anew) => ({ authorization: `Bearer ${await token(anew)}` }),
    requestTimeoutMs,
  });

  const refOf = ({ id, name }: Job): WorkRef => ({ id, key: name, url: `${url}/jobs/${id}` });

  async function* list(query: Record<string, string>): AsyncGenerator<Job> {
    let next: string | null = '';
    while (next !== null) {
      const answer: z.infer<typeof page> = await api.json('GET', 'jobs', page, {
        query: { ...query, ...(next !== '' && { page: next }) },
      });
      yield* answer.jobs;
      ({ next } = answer);
    }
  }

  const stateOf = async ({ id, state, error }: Job): Promise<WorkState> => {
    const status = STATE[state] ?? unexpected('Foreman', state);
    if (status !== 'failed') return { status };
    const { body } = await api.send('GET', `jobs/${id}/log`);
    return { status, message: error ?? 'it failed', logTail: body.slice(-4_096) };
  };

  const engine: JobEngine = {
    kinds: ['shell'],
    // Foreman keeps names for a week, and has taken a request once it has answered, or never.
    keyMemoryMs: 7 * 24 * 3_600_000,
    lookAfterMs: 1_000,
    ensureCluster: async () => ({ id: 'none', ready: true, started: false }),

    async submit(spec, key) {
      if (spec.kind !== 'shell') throw new EtlError('Rejected', `Foreman runs shell, not ${spec.kind}`);
      const json = { name: key, script: spec.script, env: spec.env };
      // 409: the name was taken before, and the answer says by which job.
      const { status, body } = await api.send('POST', 'jobs', { json, accept: [409] });
      return { ...refOf(api.read(body, job)), found: status === 409 };
    },

    async find(key) {
      for await (const found of list({ name: key })) return refOf(found);
      return undefined;
    },

    async poll(refs) {
      const states = new Map<string, WorkState | EtlError>();
      for (let at = 0; at < refs.length; at += IDS_A_REQUEST) {
        const ids = refs.slice(at, at + IDS_A_REQUEST).map(({ id }) => id);
        for await (const found of list({ ids: ids.join(',') })) {
          const state = await stateOf(found).catch((error: unknown) => {
            if (error instanceof EtlError && error.type === 'Unexpected') return error;
            throw error;
          });
          states.set(found.id, state);
        }
      }
      return states;
    },

    async cancel({ id }) {
      for (;;) {
        const found = await api.jsonIfThere('DELETE', `jobs/${id}`, job);
        if (!found || ['OK', 'BROKEN', 'STOPPED'].includes(found.state)) return;
        await sleep(200);
      }
    },

    async logs({ id }, from = '0') {
      const { body } = await api.send('GET', `jobs/${id}/log`, { query: { from } });
      const whole = body.slice(0, body.lastIndexOf('\n') + 1);
      return {
        lines: whole === '' ? [] : whole.slice(0, -1).split('\n'),
        next: String(Number(from) + Buffer.byteLength(whole)),
      };
    },

    async *listKeyed(since) {
      for await (const found of list({ since: since.toISOString() })) {
        const status = STATE[found.state] ?? unexpected('Foreman', found.state);
        yield { key: found.name, ref: refOf(found), status, startedAt: new Date(found.createdAt) };
      }
    },
  };
  return engine;
}
