import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Part } from '../harness/bench.ts';
import { quantile } from '../harness/figure.ts';
import { dayOf, until, withNewData } from './new-data-world.ts';

const PART = 'events';
const EVERY_MS = 50;
/** The first ones load code; they don't count. */
const WARM_UP = 20;

/** How long it takes from the moment at which a file is put into S3 to the first activity of the run that it starts. */
export const events: Part = async (bench) => {
  const count = WARM_UP + (bench.quick ? 100 : 600);
  const putAt = new Map<string, number>();
  const began = new Map<string, number>();
  const onRun = (workflowId: string) => void began.set(workflowId, performance.now());
  return withNewData(bench, { settleMs: 0 }, onRun, async ({ s3 }) => {
    bench.say(`events: ${count} files, 20 a second, each of its own day …`);
    const puts: Promise<unknown>[] = [];
    for (let nth = 0; nth < count; nth += 1) {
      const day = dayOf(nth);
      putAt.set(`bench/${day}`, performance.now());
      puts.push(s3.send(new PutObjectCommand({ Bucket: 'raw', Key: `in/${day}/a`, Body: Buffer.from('1') })));
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    await Promise.all(puts);
    await until(() => began.size >= count, 60_000);
    const samples = [...putAt].slice(WARM_UP).map(([id, at]) => (began.get(id) ?? Infinity) - at);
    const what = 'S3 put to first activity, 20 events/s';
    return [
      { part: PART, what: `${what}, p50`, unit: 'ms', value: quantile(samples, 0.5), samples, atMost: 400 },
      {
        part: PART,
        what: `${what}, p99`,
        unit: 'ms',
        value: quantile(samples, 0.99),
        samples,
        atMost: 1_500,
      },
    ];
  });
};
