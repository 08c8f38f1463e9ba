import { setTimeout as pause } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from '@jest/globals';
import type { Deps } from '../../activities/deps.ts';
import { Watchers } from '../../activities/watcher.ts';
import { createWorkActivities } from '../../activities/work.ts';
import { TestEngine } from '../workflows/test-engine.ts';

const REQUEST_MS = 300;

/** A submission is two requests here, as at vendors without a token: a look for the key, then the start. */
class SlowEngine extends TestEngine {
  override readonly lookAfterMs = REQUEST_MS + 100;

  override async submit(...[spec, key]: Parameters<TestEngine['submit']>) {
    await pause(REQUEST_MS);
    await pause(REQUEST_MS);
    return super.submit(spec, key);
  }
}

test('work whose submission is still on its way is stopped once it has arrived', async () => {
  const engine = new SlowEngine();
  engine.behave = () => ({ status: 'running' });
  const deps = { engines: { etl: engine }, warehouses: {} } as unknown as Deps;
  const { stopWork } = createWorkActivities(deps, new Watchers(1_000));
  const submission = engine.submit(
    { kind: 'sql', inputs: {}, query: '', output: { path: 'x/', format: 'csv' } },
    'key',
  );
  await new MockActivityEnvironment().run(stopWork, {
    to: { kind: 'engine' as const, name: 'etl' },
    key: 'key',
  });
  await submission;
  expect(engine.jobs.get('key')?.state.status).toBe('cancelled');
});
