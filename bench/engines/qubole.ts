import { dirname, join } from 'node:path';
import { startQubole } from '../../emulators/qubole/index.ts';
import { foundTools } from '../../src/config.ts';
import { createQuboleEngine } from '../../src/engines/qubole/engine.ts';
import type { WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { post, runCommand } from './command.ts';
import { newKey, type RunningCounterpart, type Start } from './counterpart.ts';

/** Of a cluster that never comes up, so that its commands wait. */
const FOREVER_MS = 86_400_000;

/** Our stand-in for Qubole, whose cluster `etl` never comes up; and Qubole's own `qds.py`. */
export const qubole: Start<RunningCounterpart> = async () => {
  const standIn = await startQubole({ bootMs: 1, clusters: ['default', 'etl'] });
  const { url, token } = standIn;
  const headers = { 'x-auth-token': token };
  const commands = `${url}/v1.2/commands`;
  await fetch(new URL('/_clusters/etl', url), {
    method: 'POST',
    body: JSON.stringify({ bootMs: FOREVER_MS }),
  });
  const engineAt = (at: string) =>
    createQuboleEngine({
      name: 'qubole',
      url: at,
      version: 'v1.2',
      token: async () => token,
      tags: [],
      macros: {},
      store: createObjectStore({}),
      requestTimeoutMs: 30_000,
    });
  const { qds } = foundTools() as { qds?: string | null };
  const qdsSubmit = async (script: string) => {
    if (typeof qds !== 'string') throw new Error('there is no qds.py; run `npm run setup -- --test`');
    const words = [qds, '--token', token, '--url', url, 'shellcmd', 'submit', '--script', script];
    await runCommand(join(dirname(qds), 'python'), ['-W', 'ignore', ...words]);
  };
  return {
    name: 'qubole (stand-in)',
    url,
    engineAt,
    perPage: 100,
    async many(count) {
      const refs: WorkRef[] = [];
      while (refs.length < count) {
        const key = newKey();
        const body = { command_type: 'ShellCommand', inline: 'true', label: 'etl', name: key };
        const answer = await fetch(commands, { method: 'POST', headers, body: JSON.stringify(body) });
        refs.push({ id: String(((await answer.json()) as { id: number }).id), key });
      }
      return refs;
    },
    job: async (script) => ({ kind: 'shell', script, env: {} }),
    clients: {
      'qds.py shellcmd submit': qdsSubmit,
      curl: (script) => post(commands, { command_type: 'ShellCommand', inline: script }, headers),
    },
    close: () => standIn.stop(),
  };
};
