import type { Part } from '../harness/bench.ts';
import { measured, type Figure } from '../harness/figure.ts';
import { COLUMNS, putFiles } from './files.ts';
import { withStack } from './world.ts';

const PART = 'calls';
const MOST = 12;

/** How many requests a load sends to the Data API, from the step's beginning to its end. */
export const calls: Part = async (bench) =>
  withStack(bench, async ({ s3, sql, load, calls: count, stack }) => {
    await sql(`CREATE TABLE public.loads (${COLUMNS})`);
    const figures: Figure[] = [];
    const counted = async (rows: number, what: string, atMost?: number) => {
      const { path } = await putFiles(s3, bench.folder, {
        rows,
        files: 16,
        prefix: `calls-${figures.length}`,
      });
      const before = await count();
      await load(`from: { path: ${path}, format: parquet }, table: public.loads, mode: replace`);
      const label = { part: PART, what, unit: 'requests', ...(atMost !== undefined && { atMost }) };
      figures.push(measured(label, [(await count()) - before]));
    };
    // The first load makes the ledger and the lock.
    await counted(1_000, 'the first load of a table, 1,000 rows', MOST);
    await counted(1_000, 'a load of 1,000 rows', MOST);
    const rows = bench.quick ? 100_000 : 1_000_000;
    await counted(rows, `a load of ${rows.toLocaleString('en')} rows`, MOST);
    const seconds = bench.quick ? 10 : 120;
    await fetch(`${stack.endpoints.redshiftData}/_faults`, {
      method: 'POST',
      body: JSON.stringify({ sql: '^COPY', kind: 'slow', delayMs: seconds * 1_000 }),
    });
    await counted(1_000, `a load whose COPY takes ${seconds} s`, MOST);
    return figures;
  });
