import { activityInfo } from '@temporalio/activity';
import type { ClusterRef, ClusterSpec } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection, polling } from './waiting.ts';

export function createClusterActivities({ engines, settings }: Deps) {
  return {
    /** Starts the engine's cluster if need be, and returns once it is ready. */
    async ensureCluster(request: { engine: string; spec: ClusterSpec; key?: string }): Promise<ClusterRef> {
      const engine = connection('engine', engines, request.engine);
      // Who started the cluster must be known also when another worker goes on waiting.
      let before = (activityInfo().heartbeatDetails as { cluster?: ClusterRef } | undefined)?.cluster;
      return polling(
        settings.pollIntervalMs,
        async () => {
          before = await engine.ensureCluster(request.spec, request.key ?? '', before);
          return before.ready ? before : undefined;
        },
        () => ({ waitingFor: `the cluster of ${request.engine}`, ...(before && { cluster: before }) }),
      );
    },

    /** Ends a cluster that a run started for itself. */
    async releaseCluster(request: { engine: string; cluster: string }): Promise<void> {
      await connection('engine', engines, request.engine).releaseCluster?.(request.cluster);
    },
  };
}
