import { inTurns, type Part } from '../harness/bench.ts';
import { compared, type Figure } from '../harness/figure.ts';
import { newKey } from './counterpart.ts';
import { livy } from './livy.ts';
import { qubole } from './qubole.ts';
import { Stamp } from './stamp.ts';

const PART = 'submit';
const ATMOST = 1.1;

/** From the wish to the job's first act, by our engine and by the engine's own clients, in turns. */
export const submit: Part = async (bench) => {
  const rounds = bench.quick ? 5 : 25;
  const figures: Figure[] = [];
  for (const start of [qubole, livy]) {
    const counterpart = await start(bench);
    const { name, url, engineAt, job, clients } = counterpart;
    try {
      bench.say(`submit: ${rounds} jobs in turns on ${name} …`);
      const engine = engineAt(url);
      let made = 0;
      const timed = (by: (script: string) => Promise<unknown>) => async () => {
        const stamp = new Stamp(bench.folder, `${PART}-${name.split(' ')[0]}-${(made += 1)}`);
        const since = Date.now();
        await by(stamp.line);
        return (await stamp.at()) - since;
      };
      const ours = async (script: string) => engine.submit(await job(script), newKey());
      const contestants: Record<string, () => Promise<number>> = { ours: timed(ours) };
      for (const [client, by] of Object.entries(clients)) contestants[client] = timed(by);
      const samples = await inTurns(rounds, contestants);
      for (const client of Object.keys(clients)) {
        const label = { part: PART, what: `submit to running, ${name}`, unit: 'ms', atMost: ATMOST };
        const baseline = { what: client, samples: samples[client] ?? [] };
        figures.push(compared(label, samples['ours'] ?? [], baseline));
      }
    } finally {
      await counterpart.close();
    }
  }
  return figures;
};
