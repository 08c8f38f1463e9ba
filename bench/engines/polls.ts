import type { Part } from '../harness/bench.ts';
import { measured, type Figure } from '../harness/figure.ts';
import { countRequests } from './counting-proxy.ts';
import type { Start } from './counterpart.ts';
import { emr } from './emr.ts';
import { emrServerless } from './emr-serverless.ts';
import { livy } from './livy.ts';
import { qubole } from './qubole.ts';
import { spark } from './spark.ts';

const PART = 'polls';
/** Of those whose lists have no page of their own to be held against. */
const PER_REQUEST = 100;

/** How many requests it takes to ask for the states of 1,000 jobs. */
export const polls: Part = async (bench) => {
  const count = bench.quick ? 200 : 1_000;
  const figures: Figure[] = [];
  for (const start of [qubole, livy, spark, emr, emrServerless] satisfies Start[]) {
    const counterpart = await start(bench);
    const { name, perPage = PER_REQUEST, url, engineAt, many } = counterpart;
    try {
      bench.say(`polls: ${count} jobs on ${name} …`);
      const refs = await many(count);
      const proxy = await countRequests(url);
      const samples: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const before = proxy.count();
        const states = await engineAt(proxy.url).poll(refs);
        if (states.size !== count) throw new Error(`${name} told of ${states.size} of ${count} jobs`);
        samples.push(proxy.count() - before);
      }
      await proxy.close();
      const what = `requests for ${count} jobs, ${name}`;
      const label = { part: PART, what, unit: 'requests', atMost: Math.ceil(count / perPage) };
      figures.push(measured(label, samples));
    } finally {
      await counterpart.close();
    }
  }
  return figures;
};
