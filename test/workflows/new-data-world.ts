import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { ArrivedFile } from '../../src/domain/arrived-file.ts';
import type { Definition } from '../../src/domain/definition.ts';
import type { EventSource } from '../../src/domain/event-source.ts';
import { newDataId, type NewDataProgress } from '../../src/domain/new-data.ts';
import type { PipelineInput } from '../../src/domain/run.ts';
import { createWorld, type World } from './world.ts';

export const DAY = '2001-01-05';
export const HOUR_MS = 3_600_000;

const SOURCE: EventSource = {
  bucket: 'raw',
  prefix: 'a/',
  path: 'a/{date}/',
  settleMs: 30_000,
  lateSettleMs: 30_000,
  late: 'rerun',
  lateWindowMs: 24 * HOUR_MS,
};

/** A world for the tests of a file, each of which has a pipeline of its own that new data starts. */
export class NewDataWorld {
  world!: World;
  name = '';
  #count = 0;

  constructor() {
    beforeAll(async () => {
      this.world = await createWorld();
    });
    afterAll(async () => this.world.close());
    beforeEach(() => {
      this.world.engine.behave = () => ({ status: 'done' });
    });
  }

  /** Makes the pipeline of a test, which begins with data of this kind. */
  define(sources: Partial<EventSource>[] = [{}], more: Partial<Definition> = {}): void {
    this.name = `events${(this.#count += 1)}`;
    this.world.define(this.name, { events: sources.map((source) => ({ ...SOURCE, ...source })), ...more });
  }

  /** Sends new data as the consumer does. */
  signal(files: unknown[], interval = DAY): Promise<WorkflowHandle> {
    return this.world.client.workflow.signalWithStart('newData', {
      taskQueue: 'test',
      workflowId: newDataId(this.name, interval),
      args: [{ pipeline: this.name, interval }],
      signal: 'newData',
      signalArgs: [{ files }],
    });
  }

  /** Lets time pass once all that was sent has been taken in. */
  async after(ms: number, handle: WorkflowHandle, files: number): Promise<void> {
    await until(handle, (now) => now.files === files);
    await this.world.skip(ms);
  }

  /** The run of the interval. */
  run(): WorkflowHandle {
    return this.world.client.workflow.getHandle(`${this.name}/${DAY}`);
  }

  /** The runs of the interval, oldest first: what started each. */
  async runs(interval = DAY): Promise<PipelineInput[]> {
    const found: PipelineInput[] = [];
    const records = await this.world.records.list(this.name);
    for (const { runId, interval: of } of records.reverse()) {
      if (of !== interval) continue;
      const { events } = await this.world.client.workflow
        .getHandle(`${this.name}/${of}`, runId)
        .fetchHistory();
      const payload = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
      found.push(JSON.parse(Buffer.from(payload ?? []).toString()) as PipelineInput);
    }
    return found;
  }

  /** Waits until so many runs have ended. */
  async ended(handle: WorkflowHandle, count: number): Promise<PipelineInput[]> {
    await until(handle, (now) => now.runs >= count && now.status === 'watching');
    return this.runs();
  }
}

export const file = (key: string, more: Partial<ArrivedFile> = {}): ArrivedFile => ({
  path: `s3://raw/a/${DAY}/${key}`,
  ...more,
});

export const progress = (handle: WorkflowHandle) => handle.query<NewDataProgress>('progress');

/** Waits until the gathering is as the test wants it. */
export async function until(handle: WorkflowHandle, holds: (progress: NewDataProgress) => boolean) {
  for (const givenUpAt = Date.now() + 30_000; Date.now() < givenUpAt;) {
    const now = await progress(handle).catch(() => undefined);
    if (now && holds(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`what the test waits for did not happen: ${JSON.stringify(await progress(handle))}`);
}

export const keys = ({ trigger }: PipelineInput) =>
  trigger?.files?.map((path) => (path as string).split('/').slice(5).join('/'));
