import { Watcher } from '../../activities/watcher.ts';
import type { Part } from '../harness/bench.ts';
import { measured, quantile, type Figure } from '../harness/figure.ts';
import { newKey } from './counterpart.ts';
import { livy } from './livy.ts';
import { qubole } from './qubole.ts';
import { Stamp } from './stamp.ts';

const PART = 'known';
/** The default of `pollInterval`. */
const INTERVAL_MS = 15_000;

/** How long after a job's end its step knows of it, where the engine has to be asked. The ends are spread over an interval. */
export const known: Part = async (bench) => {
  const jobs = bench.quick ? 4 : 30;
  const figures: Figure[] = [];
  for (const start of [qubole, livy]) {
    const counterpart = await start(bench);
    const { name, url, engineAt, job } = counterpart;
    try {
      bench.say(`known: ${jobs} jobs on ${name}, asked for every ${INTERVAL_MS / 1_000} s …`);
      const engine = engineAt(url);
      const watcher = new Watcher(engine, INTERVAL_MS);
      const never = new Promise<never>(() => {});
      const samples = await Promise.all(
        Array.from({ length: jobs }, async (_, nth) => {
          const stamp = new Stamp(bench.folder, `${PART}-${name.split(' ')[0]}-${nth}`);
          const seconds = 5 + (INTERVAL_MS / 1_000) * (nth / jobs);
          const ref = await engine.submit(await job(`sleep ${seconds.toFixed(2)}; ${stamp.line}`), newKey());
          const state = await watcher.ended(ref, never, () => {});
          const at = Date.now();
          if (state.status !== 'done')
            throw new Error(`a job on ${name} is ${state.status}: ${state.message}`);
          return at - (await stamp.at());
        }),
      );
      const what = `from a job’s end to its step, ${name}`;
      figures.push(measured({ part: PART, what: `${what}, p50`, unit: 'ms', atMost: INTERVAL_MS }, samples), {
        ...measured({ part: PART, what: `${what}, p99`, unit: 'ms' }, samples),
        value: quantile(samples, 0.99),
      });
    } finally {
      await counterpart.close();
    }
  }
  return figures;
};
