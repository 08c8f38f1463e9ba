import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker, bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';

/** A history as scripts/record-histories.mjs records it. */
interface Recorded {
  workflowId: string;
  history: unknown;
}

const folder = new URL('histories/', import.meta.url);
const recorded = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort();
const logger = new DefaultLogger('ERROR');
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  Runtime.install({ logger });
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
});

describe('the histories of earlier runs', () => {
  test('are there', () => {
    expect(recorded).not.toEqual([]);
  });

  // A run that goes on under new code must be told the same story: https://docs.temporal.io/workflow-definition#deterministic-constraints
  test.each(recorded)('%s replays', async (name) => {
    const { workflowId, history } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recorded;
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
  });
});
