import { afterAll, beforeAll } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { listInputs } from '../../src/engines/duckdb/launch.ts';
import { oneLine } from '../../src/engines/duckdb/message.ts';
import { runSql } from '../../src/engines/duckdb/run-sql.ts';
import type { S3Access } from '../../src/engines/duckdb/settings.ts';
import type { ObjectStore } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { makeDuckdbWorld, type DuckdbWorld } from './duckdb-world.ts';
import { httpfs, localS3, startMinistack } from './ministack.ts';

/** What stands where no query may look. */
export const SECRET = 'xyzzy-secret';
export const DAY = 's3://raw/flights/dt=2001-01-01/';
export const inputs = { flights: { path: DAY, format: 'csv' as const } };

/** An input in S3 among files that are none of a query's business. */
export class Sandbox {
  engine!: ReturnType<DuckdbWorld['engineWith']>;
  store!: ObjectStore;
  /** A local file. */
  file = '';
  endpoint = '';
  #s3!: S3Access;
  #folder = '';
  #stop = async () => {};
  #tried = 0;

  async start(): Promise<void> {
    const [world, server] = await Promise.all([makeDuckdbWorld(), startMinistack()]);
    this.#stop = async () => {
      await world.close();
      await server.stop();
    };
    const { region, ...credentials } = localS3;
    const { endpoint } = server;
    const store = createObjectStore({ s3: { endpoint, region, credentials, forcePathStyle: true } });
    for (const bucket of ['raw', 'lake', 'secretb']) await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
    await store.write(`${DAY}a.csv`, 'origin,delay\nJFK,1\nLAX,2\n');
    await store.write(`${DAY}_other.csv`, `origin,delay\n${SECRET},1\n`);
    await store.write('s3://secretb/x.csv', `origin,delay\n${SECRET},1\n`);
    this.file = join(world.folder, 'x.csv');
    writeFileSync(this.file, `origin,delay\n${SECRET},1\n`);
    this.#s3 = { ...localS3, endpoint, urlStyle: 'path' };
    [this.store, this.endpoint, this.#folder] = [store, endpoint, world.folder];
    this.engine = world.engineWith({ store, ...(httpfs && { httpfs }), s3: this.#s3 });
  }

  stop(): Promise<void> {
    return this.#stop();
  }

  /** What a job's process does, without the process: there are many queries to try. */
  async run(query: string): Promise<{ message: string | undefined; rows: string }> {
    this.#tried += 1;
    const target = `s3://lake/${this.#tried}/part-0.json`;
    const output = { path: `s3://lake/${this.#tried}/`, format: 'json' as const };
    const spec = { kind: 'sql' as const, inputs, query, output };
    const settings = {
      memory: '256MB',
      threads: 1,
      maxJobs: 1,
      maxTempSize: undefined,
      httpfs,
      extensions: join(this.#folder, 'extensions'),
      s3: this.#s3,
      files: await listInputs(this.store, spec),
    };
    try {
      await runSql(spec, target, join(this.#folder, 'tmp'), settings);
    } catch (error) {
      return { message: oneLine((error as Error).message), rows: '' };
    }
    return { message: undefined, rows: Buffer.from(await this.store.read(target)).toString() };
  }
}

/** A sandbox for the tests of a file. */
export function withSandbox(): Sandbox {
  const sandbox = new Sandbox();
  beforeAll(() => sandbox.start());
  afterAll(() => sandbox.stop());
  return sandbox;
}
