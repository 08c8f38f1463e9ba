import { ActivityCancellationType } from '@temporalio/workflow';
import type { StepOf } from '../../src/domain/definition.ts';
import { brief, waiting } from '../activities.ts';
import type { StepRun } from '../step-run.ts';

/** A cancelled run, too, has to hear of what it started, or nobody would end it. */
const HEARD_OUT = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED };

/** Makes sure that the engine's cluster is up. */
export async function ensureCluster(step: StepRun, { args, id }: StepOf<'ensureCluster'>) {
  const since = Date.now();
  const { engine, release } = args;
  const request = { engine, spec: { release }, key: step.nextKey() };
  const summary = `${id}: makes sure that ${engine} is up`;
  step.say(`waits for the cluster of ${engine}`);
  let now = await brief(summary, HEARD_OUT).ensureCluster(request);
  for (;;) {
    if (now.started && release === 'always') step.run.clusters.add(engine, now.id);
    if (now.ready) break;
    const wait = waiting(step.run.plan.settings.heartbeatTimeoutMs, summary);
    now = await wait.awaitCluster({ ...request, before: now });
  }
  const waitedSeconds = Math.round((Date.now() - since) / 1000);
  return { cluster: now.id, started: now.started, waitedSeconds };
}
