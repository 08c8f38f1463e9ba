import { inTurns, type Part } from '../harness/bench.ts';
import { compared } from '../harness/figure.ts';
import { COLUMNS, putFiles } from './files.ts';
import { withStack } from './world.ts';

const PART = 'modes';
const FILES = 16;

/** How long a publication takes beside the bare COPY of the same files into the same table, which holds as many rows of another day. */
export const modes: Part = async (bench) =>
  withStack(bench, async ({ s3, sql, copy, load }) => {
    const rows = bench.quick ? 100_000 : 1_000_000;
    const { path, manifest } = await putFiles(s3, bench.folder, { rows, files: FILES, prefix: 'modes' });
    await sql(`CREATE TABLE public.loads (${COLUMNS})`);
    await copy('public.loads', manifest);
    await sql(
      'CREATE TABLE public.others AS SELECT day - 1 AS day, id, origin, destination, flights, mean FROM public.loads',
    );

    // A table that others have just changed is as slow for one as for the other.
    const prepared = async (measure: () => Promise<number>) => {
      await sql('TRUNCATE public.loads');
      await sql('INSERT INTO public.loads SELECT * FROM public.others');
      return measure();
    };
    const from = `from: { path: ${path}, format: parquet }, table: public.loads`;
    const ours = (args: string) => () => prepared(() => load(`${from}, ${args}`));
    const samples = await inTurns(bench.quick ? 1 : 5, {
      bare: () => prepared(() => copy('public.loads', manifest)),
      append: ours('mode: append'),
      upsert: ours('mode: upsert, uniqueKey: [day, id]'),
      replaceWhere: ours(`mode: replaceWhere, where: "day = date '2001-01-05'"`),
      replace: ours('mode: replace'),
    });
    const baseline = { what: 'bare COPY', samples: samples.bare };
    const figure = (mode: 'append' | 'upsert' | 'replaceWhere' | 'replace', atMost: number) => {
      const what = `${mode} of ${rows.toLocaleString('en')} rows in ${FILES} files`;
      return compared({ part: PART, what, unit: 'ms', atMost }, samples[mode], baseline);
    };
    return [
      figure('append', 1.6),
      figure('upsert', 2.5),
      figure('replaceWhere', 2.5),
      figure('replace', 2.5),
    ];
  });
