import type { WorkflowHandle, WorkflowHandleWithStartDetails } from '@temporalio/client';
import type { BackfillInput } from '../../src/domain/backfill.ts';
import type { BackfillProgress } from '../../src/domain/backfill-progress.ts';
import type { World } from './world.ts';

/** Starts a backfill of a pipeline. */
export const startBackfill = (
  { client }: World,
  pipeline: string,
  input: Partial<Omit<BackfillInput, 'pipeline'>>,
): Promise<WorkflowHandleWithStartDetails> =>
  client.workflow.start('backfill', {
    taskQueue: 'test',
    workflowId: `${pipeline}/backfill`,
    args: [{ pipeline, ...input }],
  });

export const progress = (handle: WorkflowHandle) => handle.query<BackfillProgress>('progress');

/** Waits until a backfill is as the test wants it. */
export async function until(handle: WorkflowHandle, holds: (progress: BackfillProgress) => boolean) {
  for (const givenUpAt = Date.now() + 60_000; Date.now() < givenUpAt;) {
    const now = await progress(handle);
    if (holds(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`what the test waits for did not happen: ${JSON.stringify(await progress(handle))}`);
}
