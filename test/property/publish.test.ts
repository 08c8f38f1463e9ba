import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Catalog } from '../../src/publishers/redshift/catalog.ts';
import { missingTables } from '../../src/publishers/redshift/ledger.ts';
import { lockTable, tableName } from '../../src/publishers/redshift/names.ts';
import { publishPlan } from '../../src/publishers/redshift/publish.ts';
import type { PublishRequest } from '../../src/ports.ts';
import { ROLE, startPublishWorld, type PublishWorld } from '../contract/publish-world.ts';
import { Client, type Later, type Told } from './publish-client.ts';
import { FILES, program, type Program, type ProgramRun } from './publish-program.ts';

/*
 * Random runs publish into one table while random things happen to what they send; in the end the table holds what the
 * publications of the ledger, one after the other, would have made of an empty one, and everybody was told the truth.
 */

/** How many programs, and for how long at the most; `npm run test:publish` asks for more. */
const PROGRAMS = Number(process.env['MILLRACE_PUBLISH_PROGRAMS'] ?? 12);
const MINUTES = Number(process.env['MILLRACE_PUBLISH_MINUTES'] ?? 10);
const AT_ONCE = 4;
const DAYS = ['2001-01-01', '2001-01-02'] as const;
const KEYS = ['a', 'b', 'c', 'd'];

/** The rows of a job's files: some of the keys, each with a number that no other file has. */
const rowsOf = (unit: number, file: number): [key: string, n: number][] =>
  KEYS.filter((_, index) => (((file * 5 + unit * 3) % 15) + 1) & (1 << index)).map((key, index) => [
    key,
    unit * 1_000 + file * 100 + index,
  ]);

let world: PublishWorld;
const prepared = new Map<string, PublishRequest>();

beforeAll(async () => {
  world = await startPublishWorld();
  for (const unit of [0, 1])
    for (let file = 0; file < FILES; file++) {
      const rows = rowsOf(unit, file);
      const key = world.freshKey();
      const values = rows.map(([name, n]) => `('${name}', ${n})`).join(', ');
      const query = `SELECT DATE '${DAYS[unit]!}' AS day, key, n::int AS n FROM (VALUES ${values}) t(key, n)`;
      const content_length = await world.s3.putParquet(`${key}.parquet`, query);
      const entries = [{ url: `s3://lake/${key}.parquet`, mandatory: true, meta: { content_length } }];
      const manifest = `_millrace/manifests/${key}.json`;
      await world.s3.put(manifest, JSON.stringify({ entries }));
      const made = await world.request("('x', 1)", { key });
      prepared.set(`${unit}/${file}`, {
        ...made,
        manifest: `s3://lake/${manifest}`,
        manifestHash: key,
        contents: { ...made.contents, rows: rows.length },
      });
      await world.s3.putParquet(`${key}.parquet`, query);
      await world.s3.put(manifest, JSON.stringify({ entries }));
    }
  await world.run(...missingTables({ schema: false, tables: new Set() }, 'public.none'));
});

afterAll(() => world?.stop(), 60_000);

let until = 0;
let tables = 0;
let publications = 0;
let faults = 0;

/** A publication that somebody began: what the ledger may have of it. */
interface Begun {
  unit: number;
  file: number;
  seq: number;
  told: Told;
}

async function perform({ mode, waves }: Program): Promise<void> {
  // One that has begun goes on to its end: nothing is left behind for the servers to stop.
  if (Date.now() > until) return;
  const target = tableName(`public.p${(tables += 1)}`);
  const own = { schema: true, tables: new Set(['ledger']) };
  const create = `CREATE TABLE ${target.sql} (day date, key varchar(20), n int)`;
  await world.run(create, ...missingTables(own, target.full));
  const catalog: Catalog = {
    target: target.full,
    table: {
      name: target.full,
      columns: [
        { name: 'day', type: 'date' },
        { name: 'key', type: 'character varying(20)' },
        { name: 'n', type: 'integer' },
      ],
      primaryKey: [],
    },
    required: new Set<string>(),
    isNoTable: false,
    own: { schema: true, tables: new Set(['ledger', lockTable(target.full)]) },
    stages: [],
  };
  const begun = new Map<string, Begun>();
  const later: Later = { running: [], late: [] };
  let seq = 0;

  const attempt = async (run: ProgramRun, file: number, key: string, mine: number) => {
    // Rows of the whole table are one interval's alone.
    const unit = mode === 'replace' ? 0 : run.unit;
    const { uniqueKey, ...files } = prepared.get(`${unit}/${file}`)!;
    const request: PublishRequest = {
      ...files,
      table: target.full,
      mode,
      unit: `${target.full}/${unit}`,
      key,
      seq: mine,
      ...(mode === 'upsert' && { uniqueKey: uniqueKey ?? [] }),
      ...(mode === 'replaceWhere' && { where: `day = DATE '${DAYS[unit]}'` }),
    };
    const nowMs = Date.now() + Math.floor(Math.random() * 1_000_000);
    const plan = publishPlan(request, { target, catalog, iamRole: ROLE, nowMs });
    publications += 1;
    faults += run.faults.filter((fault) => fault !== 'none').length;
    const told = await new Client(world, later, run.faults).publish(plan, request);
    begun.set(`${key} ${request.manifestHash}`, { unit, file, seq: mine, told });
    return told;
  };
  const whole = async (run: ProgramRun) => {
    const mine = (seq += 1);
    const base = world.freshKey().slice(0, -1);
    await attempt(run, run.file, `${base}1`, mine);
    if (run.resetTo === undefined) return;
    const told = await attempt({ ...run, faults: [] }, run.resetTo, `${base}1`, mine);
    if (told === 'otherFiles') await attempt({ ...run, faults: [] }, run.resetTo, `${base}2`, mine);
  };

  for (const wave of waves) {
    const late = later.late.splice(0);
    await Promise.all([...wave.map(whole), ...late.map((run) => run())]);
  }
  await Promise.all(later.running.splice(0));
  for (const run of later.late.splice(0)) await run();

  const ledger = await world.rows(
    `SELECT key, manifest_hash, row_count FROM millrace.ledger WHERE target = '${target.full}' ORDER BY seq, key`,
  );
  const published = ledger.map(({ key, manifest_hash }) => `${String(key)} ${String(manifest_hash)}`);
  const table = await world.rows(`SELECT key || '=' || n AS x FROM ${target.sql} ORDER BY 1`);
  expect(table.map(({ x }) => x)).toEqual(
    modelOf(
      mode,
      published.map((id) => begun.get(id)!),
    ),
  );
  expect(new Set(published).size).toBe(published.length);
  for (const [id, { told }] of begun) {
    if (told === 'done') expectKnown(mode, id, published, begun);
    if (told === 'failed') expect(published).not.toContain(id);
  }
}

/** Who was told that it is done finds it in the ledger; for append perhaps as the same files under another key. */
function expectKnown(mode: string, id: string, published: string[], begun: Map<string, Begun>) {
  const [, hash] = id.split(' ');
  const { unit } = begun.get(id)!;
  const same = published.filter((other) => other.endsWith(` ${hash}`) && begun.get(other)?.unit === unit);
  expect(mode === 'append' ? same.length > 0 : published.includes(id)).toBe(true);
}

/** What the publications come to, one after the other, on an empty table. */
function modelOf(mode: string, publications: Begun[]): string[] {
  let rows: { unit: number; key: string; n: number }[] = [];
  const units = new Set<number>();
  for (const { unit, file } of publications) {
    const come = rowsOf(unit, file).map(([key, n]) => ({ unit, key, n }));
    if (mode === 'append') expect(units).not.toContain(unit);
    units.add(unit);
    if (mode === 'replace') rows = [];
    if (mode === 'replaceWhere') rows = rows.filter((row) => row.unit !== unit);
    if (mode === 'upsert')
      rows = rows.filter((row) => row.unit !== unit || come.every(({ key }) => key !== row.key));
    rows.push(...come);
  }
  return rows.map(({ key, n }) => `${key}=${n}`).toSorted();
}

test('after random programs of faults the target is as its model', async () => {
  until = Date.now() + MINUTES * 60_000;
  const each = Array.from({ length: AT_ONCE }, () =>
    fc.assert(fc.asyncProperty(program, perform), {
      numRuns: Math.ceil(PROGRAMS / AT_ONCE),
      endOnFailure: true,
    }),
  );
  await Promise.all(each);
  process.stdout.write(`${tables} programs, ${publications} publications, ${faults} faults\n`);
}, 7_200_000);
