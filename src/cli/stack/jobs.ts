import type { Configuration, Environment } from '../../config.ts';
import { createEngines } from '../../worker.ts';

/** Cancels the jobs that a stack's worker left running, and returns once they have ended. */
export async function cancelJobs(config: Configuration, env: Environment): Promise<void> {
  const { engines } = createEngines(config, env);
  await Promise.all(Object.values(engines).map((engine) => engine.close?.()));
}
