import { createWorld, type World } from './world.ts';

/* A small pipeline with right and wrong variants: numbers from S3, summed by key, into the warehouse. */

/** Sums by key into the warehouse; `query` is the SELECT over `numbers`. */
export const pipeline = (query: string, more = '', table = 'public.sums') => `
defaults: { engine: etl, warehouse: analytics, retry: { attempts: 2, delay: 200ms } }
steps:
  - id: sums
    sql:
      inputs: { numbers: { path: "s3://raw/numbers/dt=\${interval.date}/", format: parquet } }
      query: |
        ${query}
      output: { path: "s3://lake/sums/dt=\${interval.date}/", format: parquet }
${more}
  - id: publish
    redshiftCopy: { from: "\${steps.sums.output}", table: ${table}, mode: upsert, uniqueKey: [day, key] }
`;

export const SUMS =
  'select ${interval.date} as day, key, cast(sum(n) as int) as total from numbers group by key';
/** The same, after a while of work. */
export const LONG =
  'select ${interval.date} as day, key, cast(sum(n) + 0 * (select sum(hash(a.range + b.range) % 2) from range(12000) a, range(15000) b) as int) as total from numbers group by key';

/** A local stack with the table that the sums go to. */
export interface SumsWorld extends World {
  /** Puts the numbers of a day into S3. */
  numbers(day: string): Promise<void>;
  /** What is in the table. */
  loaded(): Promise<string[][]>;
  /** Empties the table. */
  clear(): Promise<void>;
}

export async function createSumsWorld(): Promise<SumsWorld> {
  const world = await createWorld();
  await world.warehouse.run('CREATE TABLE public.sums (day date, key varchar, total int)');
  const rows = "select 'k' || (range % 3) as key, range as n from range(9)";
  return {
    ...world,
    numbers: (day) => world.put(`s3://raw/numbers/dt=${day}/a.parquet`, rows),
    loaded: () => world.warehouse.rows('SELECT day, key, total FROM public.sums ORDER BY day, key'),
    clear: () => world.warehouse.run('DELETE FROM public.sums'),
  };
}

/** What the table then has for a day. */
export const RIGHT = (day: string) => [
  [day, 'k0', '9'],
  [day, 'k1', '12'],
  [day, 'k2', '15'],
];
