import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';

import type { JobSpec, SqlSpec } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { ended } from './engine.ts';
import { makeQuboleWorld, type QuboleWorld } from './qubole-world.ts';

/* Which files the stand-in reads, and which columns it finds: as Spark does, of our `sql` and of SQL of the user's own. */

let world: QuboleWorld;
let days: string;
const store = createObjectStore({});
let keys = 0;
const FILES = {
  'a.csv': 1,
  'dt=1/b.csv': 2,
  'dt=1/sub/c.csv': 4,
  'z.csv/d.csv': 8,
  '_h/h.csv': 16,
  '_h.csv': 32,
};

beforeAll(async () => {
  world = await makeQuboleWorld();
  for (const [file, id] of Object.entries(FILES))
    await store.write(join(world.folder, 'tree', file), `id\n${id}\n`);
  days = join(world.folder, 'days/');
  for (const day of [1, 2]) await store.write(`${days}dt=${day}/x.csv`, `id\n${day}\n`);
});
afterAll(() => world?.close());

async function run(spec: JobSpec): Promise<unknown> {
  const ref = await world.engine.submit(spec, `files-${(keys += 1)}`);
  expect(await ended(world.engine, ref)).toMatchObject({ status: 'done' });
  const { results } = (await world.ask('GET', `v1.2/commands/${ref.id}/results`)) as { results?: string };
  return results;
}

test.each([
  ['', 15],
  ['**/?.csv', 15],
  ['dt=?/', 6],
  ['*/', 14],
  ['*.csv', 1],
  ['*/*', 10],
  ['*a.csv', 1],
])('sql reads the files that tree/%s means', async (path, sum) => {
  const output = { path: join(world.folder, `out-${keys}/`), format: 'csv' } as const;
  const spec: SqlSpec = {
    kind: 'sql',
    inputs: { v: { path: `${join(world.folder, 'tree')}/${path}`, format: 'csv' } },
    query: 'SELECT sum(id) AS files FROM v; -- all of them',
    output,
  };
  await run(spec);
  const [file] = await store.list(output.path);
  expect(Buffer.from(await store.read(file?.path ?? '')).toString()).toBe(`files\n${sum}\n`);
});

test.each([
  ['folders below the path are columns', '', '', '1\t1\r\n2\t2\r\n'],
  ['the folder itself is none', 'dt=2/', '', '2\r\n'],
  ['none is where it reads across folders', '', ", recursiveFileLookup 'true'", '1\r\n2\r\n'],
])('of SQL of the user’s own %s', async (_, folder, option, rows) => {
  const view = `CREATE TEMPORARY VIEW v USING csv OPTIONS (path '${days}${folder}', header 'true'${option})`;
  const sql = `${view}; SELECT * FROM v ORDER BY id`;
  expect(await run({ kind: 'spark', app: { form: 'sql', sql }, arguments: [], conf: {}, options: [] })).toBe(
    rows,
  );
});
