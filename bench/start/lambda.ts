import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { environment, packageRoot } from '../../src/config.ts';
import type { Part } from '../harness/bench.ts';
import { measured } from '../harness/figure.ts';
import { withTemporal } from '../harness/temporal.ts';
import { dayOf } from './new-data-world.ts';

const PART = 'lambda';

const SCRIPT = `
  const begun = performance.now();
  const { handler } = require(process.argv[1]);
  const loaded = performance.now();
  const event = (key) => ({ Records: [{ eventSource: 'aws:s3', eventName: 'ObjectCreated:Put',
    s3: { bucket: { name: 'raw' }, object: { key, sequencer: '0A' } } }] });
  (async () => {
    await handler(event(process.argv[2] + 'a'));
    const first = performance.now();
    await handler(event(process.argv[2] + 'b'));
    console.log(JSON.stringify([loaded - begun, first - begun, performance.now() - first, performance.now()]));
    process.exit(0);
  })();`;

/** What a cold start of the Lambda handler takes, in a fresh process on this machine. */
export const lambda: Part = async (bench) =>
  withTemporal(
    bench,
    async () => [],
    async (_client, address) => {
      const source = { bucket: 'raw', prefix: '', path: '{date}/', settleMs: 0, lateSettleMs: 0 };
      const route = { name: 'bench', covers: 'day', timezone: 'UTC' };
      const events = [{ ...source, late: 'report', lateWindowMs: 0 }];
      writeFileSync(
        join(bench.folder, 'routes.json'),
        JSON.stringify({ taskQueue: 'millrace', routes: [{ ...route, events }] }),
      );
      const bundle = join(packageRoot(), 'dist', 'lambda.cjs');
      const samples: number[][] = [];
      for (let nth = 0; nth < (bench.quick ? 3 : 15); nth += 1) {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          ['-e', SCRIPT, bundle, `${dayOf(nth)}/`],
          { env: { ...environment, TEMPORAL_ADDRESS: address, LAMBDA_TASK_ROOT: bench.folder } },
        );
        samples.push(JSON.parse(stdout) as number[]);
      }
      const figure = (what: string, at: number) =>
        measured(
          { part: PART, what, unit: 'ms' },
          samples.map((sample) => sample[at] ?? NaN),
        );
      return [
        figure('loading the bundle', 0),
        figure('from there to the first signal accepted, loading included', 1),
        figure('the next signal, warm', 2),
      ];
    },
  );
