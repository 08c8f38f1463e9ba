import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { startRedshiftData, type RedshiftData } from '../../emulators/redshift-data/index.ts';
import type { DbExportSpec } from '../../src/ports.ts';
import { ended } from './engine.ts';
import { qds } from './qds.ts';
import { makeQuboleWorld, type QuboleWorld } from './qubole-world.ts';

/* DbExport of the stand-in for Qubole into a database, by our engine and by Qubole's own command line. */

let world: QuboleWorld;
let database: RedshiftData;
let client: pg.Client;
let dbTapId: string;
let keys = 0;

beforeAll(async () => {
  [world, database] = await Promise.all([makeQuboleWorld({ bootMs: 100 }), startRedshiftData()]);
  const { database: name, user, password } = database;
  const { hostname: host, port } = new URL(database.jdbc.replace('jdbc:', ''));
  client = new pg.Client({ host, port: Number(port), database: name, user, password });
  await client.connect();
  const tap = await official(
    ['dbtap', 'create', '--name', name, '--host', host, '--port', port, '--user', user],
    ['--password', password, '--type', 'redshift', '--location', 'on-premise'],
  );
  dbTapId = String((JSON.parse(tap) as { id: number }).id);
  await folder('one', { 'part-0': 'JFK\u000150\nLAX\u0001\\N\n', _SUCCESS: '', '.part-1.crc': 'x' });
});
afterEach(() => client.query('DROP TABLE IF EXISTS routes'));
afterAll(async () => {
  await client?.end();
  await Promise.all([world?.close(), database?.stop()]);
});

async function official(...args: string[][]): Promise<string> {
  const said = await qds(world.standIn.url, world.standIn.token, ...args.flat());
  if (said.code !== 0) throw new Error(JSON.stringify(said));
  return said.stdout;
}

const at = (name: string) => join(world.folder, name);

async function folder(name: string, files: Record<string, string>): Promise<void> {
  await mkdir(at(name));
  for (const [file, text] of Object.entries(files)) await writeFile(join(at(name), file), text);
}

async function exported(more: Partial<DbExportSpec>) {
  const spec: DbExportSpec = {
    kind: 'dbExport',
    dbTapId,
    table: 'routes',
    from: { folder: at('one') },
    ...more,
  };
  return ended(world.engine, await world.engine.submit(spec, `export-${(keys += 1)}`));
}

const rows = async (): Promise<unknown[]> => {
  const { rows: all } = await client.query({ text: 'SELECT * FROM routes ORDER BY 1', rowMode: 'array' });
  return all;
};

test('adds the rows of text files, as Hive writes them', async () => {
  await client.query('CREATE TABLE routes (origin varchar(3), delay int)');
  expect(await exported({})).toMatchObject({ status: 'done' });
  expect(await exported({})).toMatchObject({ status: 'done' });
  expect(await rows()).toEqual([
    ['JFK', 50],
    ['JFK', 50],
    ['LAX', null],
    ['LAX', null],
  ]);
});

test('the official command line exports, with a delimiter, and sees how many', async () => {
  await client.query('CREATE TABLE routes (origin varchar(3), delay int)');
  await folder('commas', { a: 'JFK,1\n', b: 'LAX,2\n' });
  const args = ['dbexportcmd', 'run', '--mode', '2', '--dbtap_id', dbTapId, '--db_table', 'routes'];
  await official(args, ['--export_dir', at('commas'), '--fields_terminated_by', '\\0x2c']);
  expect(await rows()).toEqual([
    ['JFK', 1],
    ['LAX', 2],
  ]);
  expect(JSON.parse(await official(['dbtap', 'list']))).toMatchObject([{ db_type: 'redshift' }]);
});

test('updates the rows of the same keys, alone or with new ones', async () => {
  await client.query('CREATE TABLE routes (origin varchar(3) PRIMARY KEY, delay int)');
  await client.query(`INSERT INTO routes VALUES ('JFK', 1), ('SFO', 9)`);
  const byKey = await exported({ update: { mode: 'updateonly', keys: ['origin'] } });
  expect(byKey).toMatchObject({ status: 'done' });
  expect(await rows()).toEqual([
    ['JFK', 50],
    ['SFO', 9],
  ]);
  expect(await exported({ update: { mode: 'allowinsert' } })).toMatchObject({ status: 'done' });
  expect(await rows()).toEqual([
    ['JFK', 50],
    ['LAX', null],
    ['SFO', 9],
  ]);
});

test('what goes wrong is told, and changes nothing', async () => {
  await client.query('CREATE TABLE routes (origin varchar(3), delay int)');
  await folder('broken', { a: 'JFK\u00011\n', b: 'LAX\u0001late\n' });
  const failures: [Partial<DbExportSpec>, RegExp][] = [
    [{ from: { folder: at('broken') } }, /invalid input syntax for type integer: "late"/],
    [{ table: 'nowhere' }, /Table nowhere does not exist/],
    [{ from: { hiveTable: 'routes' } }, /no metastore/],
    [{ update: { mode: 'updateonly', keys: ['day'] } }, /routes has no column day/],
    [{ update: { mode: 'allowinsert' } }, /routes has none/],
    [{ dbTapId: '99' }, /Couldn't find DbTap with id 99/],
  ];
  for (const [spec, message] of failures)
    expect(await exported(spec)).toMatchObject({ status: 'failed', logTail: expect.stringMatching(message) });
  expect(await rows()).toEqual([]);
});
