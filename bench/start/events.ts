import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Part } from '../harness/bench.ts';
import { quantile, type Figure } from '../harness/figure.ts';
import { dayOf, until, withNewData } from './new-data-world.ts';

const PART = 'events';
/** The first ones load code; they don't count. */
const WARM_UP = 20;
/** Files a second: one that leaves the two cores idle in between, and the one of the target. */
const RATES = [5, 20];
const SECONDS = 30;

/** How long it takes from the moment at which a file is put into S3 to the first activity of the run that it starts. */
export const events: Part = async (bench) => {
  const began = new Map<string, number>();
  const onRun = (workflowId: string) => void began.set(workflowId, performance.now());
  return withNewData(bench, { settleMs: 0 }, onRun, async ({ s3 }) => {
    const figures: Figure[] = [];
    let day = 0;
    for (const rate of RATES) {
      const count = WARM_UP + rate * (bench.quick ? 5 : SECONDS);
      bench.say(`events: ${count} files, ${rate} a second, each of its own day …`);
      const putAt = new Map<string, number>();
      const puts: Promise<unknown>[] = [];
      for (let nth = 0; nth < count; nth += 1) {
        const interval = dayOf((day += 1));
        putAt.set(`bench/${interval}`, performance.now());
        const file = { Bucket: 'raw', Key: `in/${interval}/a`, Body: Buffer.from('1') };
        puts.push(s3.send(new PutObjectCommand(file)));
        await new Promise((resolve) => setTimeout(resolve, 1_000 / rate));
      }
      await Promise.all(puts);
      await until(() => began.size === day, 120_000);
      const samples = [...putAt].slice(WARM_UP).map(([id, at]) => (began.get(id) ?? Infinity) - at);
      const what = `S3 put to first activity, ${rate} events/s`;
      const common = { part: PART, unit: 'ms', samples };
      figures.push(
        { ...common, what: `${what}, p50`, value: quantile(samples, 0.5), atMost: 400 },
        { ...common, what: `${what}, p99`, value: quantile(samples, 0.99), atMost: 1_500 },
      );
    }
    return figures;
  });
};
