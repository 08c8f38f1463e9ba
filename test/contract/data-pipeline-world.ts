import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreatePipelineCommand,
  DataPipelineClient,
  PutPipelineDefinitionCommand,
  type PipelineObject,
} from '@aws-sdk/client-data-pipeline';
import pg from 'pg';
import { startDataPipeline } from '../../emulators/data-pipeline/index.ts';
import { startPostgres } from '../../emulators/redshift-data/postgres.ts';

/** The stand-in for Data Pipeline beside a real Postgres, and clients of both. */
export async function startWorld() {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-data-pipeline-'));
  const postgres = await startPostgres(folder, () => undefined);
  const database = postgres.connection('postgres');
  const jdbc = `jdbc:postgresql://127.0.0.1:${postgres.port}/postgres`;
  const emulator = await startDataPipeline({
    warehouse: { jdbc, user: String(database.user), password: String(database.password) },
  });
  const client = new DataPipelineClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  const sql = new pg.Pool({ ...database, max: 2 });
  // An idle connection may outlive its server by a moment, at the end.
  sql.on('error', () => undefined);

  return {
    url: emulator.url,
    folder,
    jdbc,
    client,
    sql,

    /** Makes a pipeline of the given objects; `myDay` is its parameter. */
    async create(name: string, objects: PipelineObject[], uniqueId = name): Promise<string> {
      const { pipelineId } = await client.send(new CreatePipelineCommand({ name, uniqueId }));
      const put = await client.send(
        new PutPipelineDefinitionCommand({
          pipelineId,
          pipelineObjects: objects,
          parameterObjects: [{ id: 'myDay', attributes: [{ key: 'type', stringValue: 'String' }] }],
        }),
      );
      if (put.errored) throw new Error(JSON.stringify(put.validationErrors));
      return pipelineId ?? '';
    },

    /** Orders a fault of the stand-in. */
    async fault(op: string, kind: 'lose-answer' | 'throttle' | 'slow', delayMs = 5_000): Promise<void> {
      const body = JSON.stringify({ op, kind, count: 1, delayMs });
      const answer = await fetch(`${emulator.url}/_faults`, { method: 'POST', body });
      if (!answer.ok) throw new Error(await answer.text());
    },

    /** A Redshift database whose cluster ID leads to the Postgres here. */
    redshift: object('Warehouse', {
      type: 'RedshiftDatabase',
      clusterId: 'local',
      databaseName: 'postgres',
      username: 'etl',
      '*password': 'not-looked-at',
    }),

    async stop(): Promise<void> {
      client.destroy();
      await emulator.stop();
      await sql.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** A pipeline object in the API's form. `{ ref }` is a reference, a list is a field that is there several times. */
export function object(
  id: string,
  fields: Record<string, string | { ref: string } | readonly (string | { ref: string })[]>,
): PipelineObject {
  return {
    id,
    name: id,
    fields: Object.entries(fields).flatMap(([key, values]) =>
      [values]
        .flat()
        .map((value) =>
          typeof value === 'string' ? { key, stringValue: value } : { key, refValue: value.ref },
        ),
    ),
  };
}

export const onDemand = object('Default', { scheduleType: 'ondemand', workerGroup: 'local' });

export const shell = (
  id: string,
  command: string,
  fields: Parameters<typeof object>[1] = {},
): PipelineObject => object(id, { type: 'ShellCommandActivity', command, ...fields });

/** Looks again and again until there is something to see; the test's own timeout ends it. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await sleep(25);
  }
}
