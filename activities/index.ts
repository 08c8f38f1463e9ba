import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { createBackfillActivities } from './backfill.ts';
import { createClusterActivities } from './cluster.ts';
import { createDataPipelineActivities } from './data-pipeline.ts';
import type { Deps } from './deps.ts';
import { FailureInterceptor } from './failure-interceptor.ts';
import { createFileActivities } from './files.ts';
import { KeepAliveInterceptor } from './keep-alive.ts';
import { createNewDataActivities } from './new-data.ts';
import { createNotifyActivities } from './notify.ts';
import { createPreflightActivities } from './preflight.ts';
import { createPublishActivities } from './publish.ts';
import { createRefusalActivities } from './refusals.ts';
import { createRunActivities } from './runs.ts';
import { createUnloadActivities } from './unload.ts';
import { Watchers } from './watcher.ts';
import { createWorkActivities } from './work.ts';

export type { Deps } from './deps.ts';

/** All activities, over the ports that they are given. */
export function createActivities(deps: Deps) {
  const watchers = new Watchers(deps.settings.pollIntervalMs);
  return {
    ...createRunActivities(deps),
    ...createRefusalActivities(deps),
    ...createBackfillActivities(deps),
    ...createClusterActivities(deps),
    ...createWorkActivities(deps, watchers),
    ...createPreflightActivities(deps),
    ...createPublishActivities(deps, watchers),
    ...createUnloadActivities(deps),
    ...createDataPipelineActivities(deps),
    ...createFileActivities(deps),
    ...createNewDataActivities(deps),
    ...createNotifyActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;

/** What goes around every activity. */
export const activityInterceptors: ActivityInterceptorsFactory[] = [
  () => ({ inbound: new FailureInterceptor() }),
  () => ({ inbound: new KeepAliveInterceptor() }),
];
