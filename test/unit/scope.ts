import type { Scope } from '../../src/domain/run.ts';

/** What the expressions of the tests see. */
export const scope: Scope = {
  interval: {
    id: '2001-01-05',
    start: '2001-01-05T00:00:00-05:00',
    end: '2001-01-06T00:00:00-05:00',
    date: '2001-01-05',
    weekday: 5,
  },
  params: {
    alertAbove: 10,
    name: 'JFK',
    evil: "x' or 1=1",
    airports: ['JFK', 'LAX'],
    table: 'public.routes',
  },
  steps: {
    routes: {
      state: 'done',
      rows: 3170,
      files: ['s3://lake/a', 's3://lake/b'],
      output: { path: 's3://lake/', format: 'parquet' },
    },
    mean: { state: 'skipped' },
  },
  trigger: { kind: 'run' },
  run: {
    id: 'flights-daily/2001-01-05',
    runId: 'r1',
    pipeline: 'flights-daily',
    startedAt: '2001-01-06T07:30:00Z',
  },
};
