import { SQSClient } from '@aws-sdk/client-sqs';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  startQubole,
  type Qubole,
  type QuboleOptions as StandInOptions,
} from '../../emulators/qubole/index.ts';
import { createQuboleEngine } from '../../src/engines/qubole/engine.ts';
import type { QuboleOptions } from '../../src/engines/qubole/options.ts';
import type { JobEngine, JobSpec, WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { newKey, type EngineWorld } from './engine.ts';

const COMPILED = new URL('../../dist/emulators/qubole/sql/main.js', import.meta.url);

export interface QuboleWorld extends EngineWorld {
  folder: string;
  standIn: Qubole;
  engineWith(more: Partial<QuboleOptions>): JobEngine;
  /** What the stand-in answers to a request of the test itself. */
  ask(method: string, path: string, body?: object): Promise<unknown>;
  /** Changes how the stand-in behaves: `_faults`, `_clusters/LABEL`. */
  order(path: string, body: object): Promise<void>;
}

export const shell = (script: string, env: Record<string, string> = {}): JobSpec => ({
  kind: 'shell',
  script,
  env,
});

export const localSqs = (endpoint: string): SQSClient =>
  new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });

/** The stand-in, and an engine that talks to it. */
export async function makeQuboleWorld(standInOptions: StandInOptions = {}): Promise<QuboleWorld> {
  if (!existsSync(COMPILED)) throw new Error(`${COMPILED.pathname} is missing; run npm run build`);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-qubole-test-'));
  const standIn = await startQubole({ bootMs: 50, ...standInOptions });
  const { url, token } = standIn;
  const engineWith = (more: Partial<QuboleOptions>) =>
    createQuboleEngine({
      name: 'qds',
      url,
      version: 'v1.2',
      token: async () => token,
      tags: [],
      macros: {},
      store: createObjectStore({}),
      requestTimeoutMs: 4_000,
      ...more,
    });
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/${path}`, {
      method,
      headers: { 'x-auth-token': token },
      ...(body && { body: JSON.stringify(body) }),
    });
    return answer.json();
  };
  const engine = engineWith({});
  return {
    folder,
    standIn,
    engine,
    engineWith,
    ask,
    order: async (path, body) => {
      await fetch(new URL(`/${path}`, url), { method: 'POST', body: JSON.stringify(body) });
    },
    another: () => engineWith({}),
    quick: () => shell('echo one >&2; echo two >&2'),
    slow: () => shell('sleep 600'),
    refused: { kind: 'chain', push: true, commands: [{ kind: 'shell', script: 'true', env: {} }] },
    failing: {
      spec: shell(`echo begins >&2; python3 -c 'raise ValueError("no such column: delayy")'`),
      message: /ValueError: no such column: delayy/,
    },
    async begun({ key }) {
      const { commands } = (await ask('GET', `v1.2/commands?name=${key}&per_page=100`)) as {
        commands: { start_time: number | null }[];
      };
      return commands.filter(({ start_time }) => start_time !== null).length;
    },
    http: {
      upstream: url,
      engineAt: (at, { secret, requestTimeoutMs } = {}) =>
        engineWith({
          url: at,
          ...(secret && { token: secret }),
          ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
        }),
      isSubmission: ({ method, path }) => method === 'POST' && path.endsWith('/commands'),
      secret: token,
      many: {
        count: 300,
        requests: 3,
        async make(_, count) {
          const refs: WorkRef[] = [];
          for (let i = 0; i < count; i += 1) {
            const key = newKey();
            const body = { command_type: 'ShellCommand', inline: 'true', name: key };
            const { id } = (await ask('POST', 'v1.2/commands', body)) as { id: number };
            refs.push({ id: String(id), key });
          }
          return refs;
        },
      },
      refusal: (status, words) => ({
        body: JSON.stringify({ error: { error_code: status, error_message: words } }),
      }),
    },
    async close() {
      await standIn.stop();
      await rm(folder, { recursive: true, maxRetries: 10 });
    },
  };
}
