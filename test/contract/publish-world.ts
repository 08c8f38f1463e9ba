import { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { startRedshiftData, type RedshiftData } from '../../emulators/redshift-data/index.ts';
import { EtlError, FAILURE } from '../../src/domain/failure.ts';
import { hasEnded } from '../../src/domain/state.ts';
import type {
  FileColumn,
  PublishPlan,
  PublishRequest,
  Row,
  StatementBatch,
  WorkRef,
  WorkState,
} from '../../src/ports.ts';
import { RedshiftWarehouse } from '../../src/publishers/redshift/index.ts';
import { startS3, type S3 } from './redshift-data-world.ts';

export const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
export const ROLE = 'arn:aws:iam::000000000000:role/load';

const MOST_TRIES = 6;

/** The columns of what `request` writes. */
const DAYS: FileColumn[] = [
  { name: 'day', type: 'date' },
  { name: 'key', type: 'string' },
  { name: 'n', type: 'int32' },
];

export interface PublishWorld {
  s3: S3;
  emulator: RedshiftData;
  warehouse: RedshiftWarehouse;
  /** How many requests the warehouse has sent. */
  requests(): number;
  /** A key as the workflow makes them; another one each time. */
  freshKey(): string;
  submit(batch: StatementBatch, key: string): Promise<WorkRef>;
  /** Submits a batch and waits for its end. */
  finish(batch: StatementBatch, key?: string): Promise<WorkState & { id: string }>;
  run(...statements: string[]): Promise<WorkState & { id: string }>;
  rows(sql: string): Promise<Row[]>;
  /** The first row of a query that has ended. */
  row(id: string): Promise<Row>;
  /** The texts of a query's column `x`, in a line. */
  texts(sql: string): Promise<string>;
  /** A request for `public.days`, whose rows are put into S3 with a manifest. */
  request(rows: string, more?: Partial<PublishRequest>): Promise<PublishRequest>;
  /** A request for files that are in S3 as they are. */
  files(contents: Record<string, string>, more: Partial<PublishRequest>): Promise<PublishRequest>;
  stage(
    wanted: PublishRequest,
    suffix?: string,
  ): Promise<{ plan: PublishPlan; staged: WorkState & { id: string } }>;
  /** Stages and publishes; the state of what failed first. */
  publish(wanted: PublishRequest, suffix?: string): Promise<WorkState>;
  ledger(wanted: PublishRequest): Promise<Row>;
  stop(): Promise<void>;
}

/** Calls again what fails by passing, as Temporal would: a connection that was idle may end as it is used. */
async function retried<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const passes = error instanceof EtlError && FAILURE[error.type].retryable;
      if (!passes || tries === MOST_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 * 2 ** tries));
    }
  }
}

/** The publisher, and the stand-ins that it publishes to. */
export async function startPublishWorld(): Promise<PublishWorld> {
  const s3 = await startS3('lake');
  const { endpoint } = s3;
  const emulator = await startRedshiftData({
    s3: { endpoint, region: 'us-east-1', forcePathStyle: true, credentials },
  });
  const client = new RedshiftDataClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  });
  let requests = 0;
  client.middlewareStack.add((next) => (args) => ((requests += 1), next(args)), { step: 'initialize' });
  const target = { WorkgroupName: emulator.workgroup, Database: emulator.database };
  const warehouse = new RedshiftWarehouse(client, target, ROLE, 30_000);
  let count = 0;
  const freshKey = () => `mr-${String((count += 1)).padStart(32, '0')}-00000000-1`;

  const submit: PublishWorld['submit'] = (batch, key) => retried(() => warehouse.submit(batch, key));
  const finish: PublishWorld['finish'] = async (batch, key = `${freshKey()}-1`) => {
    const ref = await submit(batch, key);
    for (;;) {
      const state = (await retried(() => warehouse.poll([ref]))).get(ref.id);
      if (state instanceof Error || state === undefined) throw state ?? new Error(`${key} is lost`);
      if (hasEnded(state.status)) return { ...state, id: ref.id };
      await new Promise<void>((resolve) => {
        const stop = warehouse.watch(ref, () => (stop(), resolve()));
      });
    }
  };
  const rows = async (sql: string) => {
    const state = await finish({ statements: [sql] });
    if (state.status !== 'done') throw new Error(state.message);
    return (await retried(() => warehouse.result({ id: state.id, key: '' }, 1_000))).rows;
  };
  const row = async (id: string) => (await retried(() => warehouse.result({ id, key: '' }))).row ?? {};
  const put = async (contents: Record<string, string | Uint8Array>, manifest: string) => {
    const entries = [];
    for (const [name, content] of Object.entries(contents)) {
      const content_length = await s3.put(name, content);
      entries.push({ url: `s3://lake/${name}`, mandatory: true, meta: { content_length } });
    }
    await s3.put(manifest, JSON.stringify({ entries }));
  };
  const base = (key: string): Omit<PublishRequest, 'format' | 'contents'> => ({
    table: 'public.days',
    mode: 'upsert',
    manifest: `s3://lake/_millrace/manifests/${key}.json`,
    manifestHash: key,
    unit: `test/publish/${count}`,
    key,
    seq: 1_000,
  });
  const world: PublishWorld = {
    s3,
    emulator,
    warehouse,
    requests: () => requests,
    freshKey,
    submit,
    finish,
    run: (...statements) => finish({ statements }),
    rows,
    row,
    texts: async (sql) =>
      String((await rows(`SELECT LISTAGG(x, ' ') AS list FROM (${sql}) q`))[0]?.['list'] ?? ''),
    request: async (values, more = {}) => {
      const key = more.key ?? freshKey();
      const query = `SELECT DATE '2001-01-05' AS day, key, n::int AS n FROM (VALUES ${values}) t(key, n)`;
      const content_length = await s3.putParquet(`${key}.parquet`, query);
      const entry = { url: `s3://lake/${key}.parquet`, mandatory: true, meta: { content_length } };
      await s3.put(`_millrace/manifests/${key}.json`, JSON.stringify({ entries: [entry] }));
      return {
        ...base(key),
        format: 'parquet',
        contents: { rows: values.split('),').length, columns: DAYS },
        ...(more.mode === undefined && { uniqueKey: ['day', 'key'] }),
        ...more,
      };
    },
    files: async (contents, more) => {
      const key = more.key ?? freshKey();
      await put(contents, `_millrace/manifests/${key}.json`);
      return { ...base(key), format: 'csv', contents: {}, mode: 'append', ...more };
    },
    stage: async (wanted, suffix = '') => {
      const plan = await warehouse.publishPlan(wanted);
      return { plan, staged: await finish(plan.stage, `${wanted.key}-s${suffix}`) };
    },
    publish: async (wanted, suffix = '') => {
      const { plan, staged } = await world.stage(wanted, suffix);
      return staged.status === 'done' ? finish(plan.publish, `${wanted.key}-p${suffix}`) : staged;
    },
    ledger: async (wanted) => {
      const plan = await warehouse.publishPlan(wanted);
      const { id } = await finish(plan.ledger, `${wanted.key}-l${(count += 1)}`);
      return row(id);
    },
    stop: async () => {
      client.destroy();
      await emulator.stop();
      await s3.stop();
    },
  };
  return world;
}
