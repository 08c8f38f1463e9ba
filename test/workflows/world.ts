import { readFile } from 'node:fs/promises';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Client, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { activityInterceptors, createActivities, type Deps } from '../../activities/index.ts';
import type { Definition, StepArgs, StepDefinition, StepKind, StepOf } from '../../src/domain/definition.ts';
import { EtlError } from '../../src/domain/failure.ts';
import type { Progress, RunResult } from '../../src/domain/run.ts';
import { pathMatcher } from '../../src/domain/file-path.ts';
import type {
  DataPipelineInstance,
  DataPipelines,
  Notifier,
  ObjectStore,
  RunRecords,
  StoredFile,
} from '../../src/ports.ts';
import { createRunRecords } from '../../src/storage/run-records.ts';
import { TemporalRendezvous } from '../../src/triggers/rendezvous.ts';
import { TemporalRuns } from '../../src/triggers/runs.ts';
import { workflowBundle } from '../workflow-bundle.ts';
import { TestEngine } from './test-engine.ts';
import { TestWarehouse } from './test-warehouse.ts';

const TASK_QUEUE = 'test';
const quiet = new DefaultLogger('ERROR');

Runtime.install({ logger: quiet });

/** Data Pipeline in memory; each activation adds one instance. */
export class TestDataPipelines implements DataPipelines {
  instancesOf: DataPipelineInstance[] = [];
  activations: Record<string, string>[] = [];
  startTimes: (string | undefined)[] = [];
  deactivations: string[] = [];
  /** Called when an activation has taken effect; what it throws is the answer. */
  onActivate: () => void = () => {};
  /** What activations are refused with, before they take effect. */
  refusal: EtlError | undefined;

  async resolve(name: string): Promise<string> {
    return `df-${name}`;
  }

  async activate(_id: string, params: Record<string, string>, startAt?: string): Promise<void> {
    if (this.refusal) throw this.refusal;
    this.activations.push(params);
    this.startTimes.push(startAt);
    this.add(this.activations.length, 'FINISHED');
    this.onActivate();
  }

  /** An instance of the nth activation. */
  add(n: number, status: string, more: Partial<DataPipelineInstance> = {}): void {
    const scheduledAt = `2999-01-01T00:00:${String(n).padStart(2, '0')}Z`;
    this.instancesOf.push({ id: `@Export_${n}`, name: 'Export', status, scheduledAt, ...more });
  }

  async deactivate(id: string): Promise<void> {
    this.deactivations.push(id);
    for (const instance of this.instancesOf) if (instance.status === 'RUNNING') instance.status = 'CANCELED';
  }

  async isDeactivating(): Promise<boolean> {
    return false;
  }

  async activeParams(): Promise<Record<string, string>> {
    return this.activations.at(-1) ?? {};
  }

  async instances(
    _id: string,
    { since = '', except = new Set<string>() }: { since?: string; except?: ReadonlySet<string> } = {},
  ): Promise<DataPipelineInstance[]> {
    const chosen = this.instancesOf.filter(({ id, scheduledAt }) => scheduledAt >= since && !except.has(id));
    return chosen.map((instance) => ({ ...instance }));
  }
}

export interface World {
  /** Does not skip time. */
  client: Client;
  /** Lets so much time pass, in no time. */
  skip(ms: number): Promise<void>;
  engine: TestEngine;
  warehouse: TestWarehouse;
  dataPipelines: TestDataPipelines;
  messages: { text: string; subject?: string; context: Record<string, unknown> }[];
  stored: Map<string, string>;
  records: RunRecords;
  /** Called before a file is written; what it throws is the answer. */
  onWrite: (path: string) => void;
  /** Called before a pipeline file is read, which waits for it. */
  onLoad: (name: string) => Promise<void>;
  definitions: Map<string, Definition>;
  /** Makes a daily pipeline with one step, or with what is said. */
  define(name: string, more?: Partial<Definition>): void;
  /** Starts a run of these steps under its own pipeline's name; waiting for its result skips time. */
  start(steps: StepDefinition[], more?: Partial<Definition>): Promise<WorkflowHandle>;
  /** Starts it and waits for its result. */
  run(steps: StepDefinition[], more?: Partial<Definition>): Promise<RunResult>;
  progress(handle: WorkflowHandle): Promise<Progress>;
  /** Waits until a step is as the test wants it. */
  until(handle: WorkflowHandle, holds: (progress: Progress) => boolean): Promise<Progress>;
  close(): Promise<void>;
}

/** A step with everything at its default. */
export function step<K extends StepKind>(
  kind: K,
  id: string,
  args: StepArgs[K],
  more: Partial<StepOf<K>> = {},
) {
  const base = { id, retry: { attempts: 1, delayMs: 1_000 }, allowFailure: false, onLost: 'ask' as const };
  return { ...base, kind, args, ...more } as StepDefinition;
}

/** A `sql` step on the test engine. */
export const sql = (id: string, more: Partial<StepOf<'sql'>> = {}) =>
  step(
    'sql',
    id,
    { engine: 'etl', inputs: {}, query: 'select 1', output: { path: `s3://out/${id}/`, format: 'parquet' } },
    more,
  );

/**
 * A real Temporal server that skips time, our workflows and activities, and vendors in memory. `resets`: one that
 * can reset a workflow, and does not skip time, with these settings of the server.
 */
export async function createWorld({
  resets = false,
  engine = new TestEngine(),
  settings = [],
}: { resets?: boolean; engine?: TestEngine; settings?: string[] } = {}): Promise<World> {
  const tools = JSON.parse(await readFile(new URL('../../.millrace/tools.json', import.meta.url), 'utf8'));
  const path = resets ? tools.temporal : tools.testServer;
  const server = path ? { executable: { type: 'existing-path' as const, path: String(path) } } : {};
  const env = resets
    ? await TestWorkflowEnvironment.createLocal({
        server: { ...server, extraArgs: settings.flatMap((value) => ['--dynamic-config-value', value]) },
      })
    : await TestWorkflowEnvironment.createTimeSkipping({ server });
  // Unlike the environment's own, it lets time pass while it waits for a result.
  const client = new Client({ connection: env.connection });
  const warehouse = new TestWarehouse();
  const dataPipelines = new TestDataPipelines();
  const messages: World['messages'] = [];
  const stored = new Map<string, string>();
  const definitions = new Map<string, Definition>();
  const webhook: Notifier = {
    async notify(message) {
      messages.push(message);
      return { status: 200 };
    },
  };
  const topic: Notifier = {
    async notify(message) {
      messages.push(message);
      return { messageId: `m${messages.length}` };
    },
  };
  const files: ObjectStore = {
    list: async (path) =>
      [...stored]
        .filter(([at]) => pathMatcher(path)(at))
        .map(([at, text]): StoredFile => ({ path: at, bytes: text.length, etag: text })),
    read: async (path) => new TextEncoder().encode(stored.get(path) ?? ''),
    readStream: async () => (async function* () {})(),
    write: async (path, content) => {
      world.onWrite(path);
      stored.set(path, String(content));
      return { bytes: content.length };
    },
    create: async (path, content) => {
      if (stored.has(path)) return false;
      stored.set(path, String(content));
      return true;
    },
    move: async (from, to) => {
      stored.set(to, stored.get(from) ?? '');
      return stored.delete(from);
    },
    delete: async (path) => void stored.delete(path),
  };
  const records = createRunRecords(files, 's3://state');
  const deps: Deps = {
    engines: { etl: engine },
    warehouses: { analytics: warehouse },
    webhooks: { oncall: webhook },
    topics: { alerts: topic },
    dataPipelines,
    files,
    contents: async () => ({ rows: 3 }),
    measure: async () => ({ rows: 7, files: 1, bytes: 70 }),
    pipelines: {
      async load(name) {
        await world.onLoad(name);
        const definition = definitions.get(name);
        if (!definition) throw new EtlError('Rejected', `no pipeline is called ${name}`);
        return definition;
      },
    },
    runs: new TemporalRuns(client, TASK_QUEUE, records),
    rendezvous: new TemporalRendezvous(client, TASK_QUEUE, records),
    records,
    stateFolder: 's3://state',
    settings: {
      heartbeatTimeoutMs: 5_000,
      searchAttributes: false,
      pollIntervalMs: 50,
      activationLookMs: 300,
    },
  };
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    activities: createActivities(deps),
    interceptors: { activity: activityInterceptors },
    maxHeartbeatThrottleInterval: '100ms',
  });
  const running = worker.run();
  let count = 0;

  const world: World = {
    client,
    skip: (ms) => env.sleep(ms),
    engine,
    warehouse,
    dataPipelines,
    messages,
    stored,
    records,
    onWrite: () => {},
    onLoad: async () => {},
    definitions,
    define(name, more = {}) {
      const daily = { file: `${name}.yaml`, covers: 'day', timezone: 'UTC', params: {} } as const;
      definitions.set(name, { name, ...daily, steps: [sql('a')], onFailure: [], ...more });
    },
    async start(steps, more = {}) {
      const name = `p${(count += 1)}`;
      world.define(name, { steps, ...more });
      const args = [{ pipeline: name, interval: '2001-01-05' }];
      return env.client.workflow.start('pipeline', {
        taskQueue: TASK_QUEUE,
        workflowId: `${name}/2001-01-05`,
        args,
      });
    },
    run: async (steps, more) => (await world.start(steps, more)).result(),
    progress: (handle) => handle.query<Progress>('progress'),
    async until(handle, holds) {
      for (const givenUpAt = Date.now() + 30_000; Date.now() < givenUpAt;) {
        // Another workflow may be about to start it.
        const progress = await world.progress(handle).catch(unlessThere);
        if (progress && holds(progress)) return progress;
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      throw new Error('what the test waits for did not happen');
    },
    async close() {
      worker.shutdown();
      await running;
      await env.teardown();
    },
  };
  return world;
}

/** The state of a step. */
export const stateOf = (progress: { steps: Progress['steps'] }, id: string) =>
  progress.steps.find((step) => step.id === id)?.state;

function unlessThere(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}
