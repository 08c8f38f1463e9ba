import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../harness/bench.ts';
import { measured, type Figure } from '../harness/figure.ts';
import { COLUMNS, putFiles } from './files.ts';
import { withStack } from './world.ts';

const PART = 'memory';
const MOST_MB = 300;

/** The most memory that the worker and the stand-in have while they load, by the number of files. Linux only. */
export const memory: Part = async (bench) => {
  const rows = bench.quick ? 100_000 : 1_000_000;
  const figures: Figure[] = [];
  const loads = [
    { files: 1, words: '1 file' },
    { files: 16, words: '16 files' },
    { files: 100, words: '100 files' },
    { files: 1, words: '1 file with one row group', rowGroup: rows },
  ];
  for (const { files, words, rowGroup } of loads) {
    // Servers of its own for each: what one load leaves in memory is not the next one's.
    const found = await withStack(
      { ...bench, folder: ownFolder(bench.folder, figures.length) },
      async (world) => {
        const { s3, sql, load, stack } = world;
        const prefix = 'memory';
        const put = { rows, files, prefix, ...(rowGroup !== undefined && { rowGroup }) };
        const { path } = await putFiles(s3, bench.folder, put);
        await sql(`CREATE TABLE public.loads (${COLUMNS})`);
        await load(`from: { path: ${path}, format: parquet }, table: public.loads, mode: append`);
        const pids = stack.pids();
        return (['worker', 'redshift-data'] as const).map((name) => {
          const label = { part: PART, what: `${name}, ${rows.toLocaleString('en')} rows in ${words}` };
          return measured({ ...label, unit: 'MB', atMost: MOST_MB }, [peakMB(pids[name] ?? 0)]);
        });
      },
    );
    figures.push(...found);
  }
  return figures;
};

function ownFolder(folder: string, nth: number): string {
  const own = join(folder, String(nth));
  mkdirSync(own);
  return own;
}

/** As the kernel has counted it since the process began. */
function peakMB(pid: number): number {
  const [, kB] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kB === undefined) throw new Error(`the kernel does not say how much memory process ${pid} has had`);
  return Number(kB) / 1_024;
}
