import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { ShellSpec } from '../../src/ports.ts';
import { createForemanEngine } from './example-engine.ts';
import { startForeman } from './example-server.ts';
import { describeEngine, newKey, type EngineWorld } from './engine.ts';
import type { HttpWorld } from './engine-faults.ts';

const TOKEN = 'of-today';
const shell = (script: string): ShellSpec => ({ kind: 'shell', script, env: {} });

async function makeWorld(): Promise<EngineWorld> {
  const server = await startForeman(TOKEN);
  const engineAt: HttpWorld['engineAt'] = (url, { secret, requestTimeoutMs = 10_000 } = {}) =>
    createForemanEngine({ url, token: secret ?? (async () => TOKEN), requestTimeoutMs });
  return {
    engine: engineAt(server.url),
    another: () => engineAt(server.url),
    quick: () => shell('echo hello'),
    slow: () => shell('sleep 300'),
    refused: { kind: 'hive', query: 'select 1' },
    failing: { spec: shell('echo the disk is full; exit 1'), message: /the disk is full/ },
    begun: async ({ key }) => server.begun(key),
    http: {
      upstream: server.url,
      engineAt,
      isSubmission: ({ method }) => method === 'POST',
      secret: TOKEN,
      many: {
        count: 300,
        requests: 3,
        make: async (engine, count) => {
          const refs = [];
          for (let nth = 0; nth < count; nth += 1) refs.push(await engine.submit(shell('true'), newKey()));
          return refs;
        },
      },
    },
    close: () => server.close(),
  };
}

describeEngine('foreman, of the page on adding engines', makeWorld, { http: true });

test('the page shows this engine, and it has less than 150 lines', () => {
  const page = readFileSync(new URL('../../docs/adding-an-engine.md', import.meta.url), 'utf8');
  const code = readFileSync(new URL('./example-engine.ts', import.meta.url), 'utf8').replaceAll(
    "'../../src/engines/",
    "'./",
  );
  const shown = code.replaceAll("'../../src/", "'../");
  expect(page).toContain(`\`\`\`ts\n${shown}\`\`\``);
  expect(shown.split('\n').length).toBeLessThan(150);
});
