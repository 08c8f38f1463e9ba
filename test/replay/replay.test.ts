import { readFileSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { workflowBundle } from '../workflow-bundle.ts';

/** A history as scripts/record-histories.mjs records it. */
interface Recorded {
  workflowId: string;
  history: unknown;
}

const folder = new URL('histories/', import.meta.url);
const recorded = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort();
let workflows: WorkflowBundleOption;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  workflows = await workflowBundle();
});

describe('the histories of earlier runs', () => {
  test('are there', () => {
    expect(recorded).not.toEqual([]);
  });

  // A run that goes on under new code must be told the same story: https://docs.temporal.io/workflow-definition#deterministic-constraints
  test.each(recorded)('%s replays', async (name) => {
    const { workflowId, history } = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recorded;
    await Worker.runReplayHistory({ workflowBundle: workflows }, history, workflowId);
  });
});
