import type { StepOf } from '../../src/domain/definition.ts';
import { waiting } from '../activities.ts';
import type { StepRun } from '../step-run.ts';

/** Makes sure that the engine's cluster is up. */
export async function ensureCluster(step: StepRun, { args, id }: StepOf<'ensureCluster'>) {
  const since = Date.now();
  const { engine, release } = args;
  step.say(`waits for the cluster of ${engine}`);
  const wait = waiting(step.run.plan.settings.heartbeatTimeoutMs, `${id}: makes sure that ${engine} is up`);
  const { id: cluster, started } = await wait.ensureCluster({
    engine,
    spec: { release },
    key: step.nextKey(),
  });
  if (started && release === 'always') step.run.clusters.add(engine, cluster);
  return { cluster, started, waitedSeconds: Math.round((Date.now() - since) / 1000) };
}
