import { createClusterActivities } from './cluster.ts';
import { createDataPipelineActivities } from './data-pipeline.ts';
import type { Deps } from './deps.ts';
import { createFileActivities } from './files.ts';
import { createNotifyActivities } from './notify.ts';
import { createPublishActivities } from './publish.ts';
import { createRunActivities } from './runs.ts';
import { Watchers } from './watcher.ts';
import { createWorkActivities } from './work.ts';

export type { Deps } from './deps.ts';
export { FailureInterceptor } from './failure-interceptor.ts';

/** All activities, over the ports that they are given. */
export function createActivities(deps: Deps) {
  const watchers = new Watchers(deps.settings.pollIntervalMs);
  return {
    ...createRunActivities(deps),
    ...createClusterActivities(deps),
    ...createWorkActivities(deps, watchers),
    ...createPublishActivities(deps, watchers),
    ...createDataPipelineActivities(deps),
    ...createFileActivities(deps),
    ...createNotifyActivities(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;
