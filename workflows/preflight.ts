import { hasJobs, plannedLoads, type Finding } from '../src/domain/preflight.ts';
import type { RunPlan } from '../src/domain/plan.ts';
import type { Scope } from '../src/domain/run.ts';
import { brief } from './activities.ts';

/** So many tries tell whether a warehouse is there; one that isn't may well be when it is needed. */
const TRIES = 3;

/**
 * What would stop the loads of a run, found before its jobs take a cluster's time. Where that can't be told, or there
 * are no jobs to be saved, the steps will find out.
 */
export async function preflight({ definition }: RunPlan & { role: 'run' }, scope: Scope): Promise<Finding[]> {
  const loads = hasJobs(definition) ? plannedLoads(definition, scope) : [];
  if (loads.length === 0) return [];
  const check = brief('looks at the tables that will be loaded', {
    retry: { maximumAttempts: TRIES },
    scheduleToCloseTimeout: '3m',
  });
  try {
    return await check.checkLoads(loads);
  } catch {
    return [];
  }
}
