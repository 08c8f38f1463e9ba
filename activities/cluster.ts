import { activityInfo } from '@temporalio/activity';
import type { ClusterRef, ClusterSpec } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection, heartbeating, pause } from './waiting.ts';

/** A cluster that a step needs. */
export interface ClusterRequest {
  engine: string;
  spec: ClusterSpec;
  key: string;
}

export function createClusterActivities({ engines, settings }: Deps) {
  return {
    /** Starts the engine's cluster if need be, and doesn't wait: who started it must be known whatever happens then. */
    async ensureCluster({ engine, spec, key }: ClusterRequest): Promise<ClusterRef> {
      return connection('engine', engines, engine).ensureCluster(spec, key);
    },

    /** Returns once the cluster is ready, or had to be started after all, because it was on its way down. */
    async awaitCluster({ before, ...request }: ClusterRequest & { before: ClusterRef }): Promise<ClusterRef> {
      const engine = connection('engine', engines, request.engine);
      const beaten = activityInfo().heartbeatDetails as { cluster?: ClusterRef } | undefined;
      let now = beaten?.cluster ?? before;
      const say = () => ({ waitingFor: `the cluster of ${request.engine}`, cluster: now });
      return heartbeating(say, async (cancelled) => {
        for (;;) {
          await pause(settings.pollIntervalMs, cancelled);
          now = await Promise.race([engine.ensureCluster(request.spec, request.key, now), cancelled]);
          if (now.ready || (now.started && !before.started)) return now;
        }
      });
    },

    /** Ends a cluster that a run started for itself. */
    async releaseCluster(request: { engine: string; cluster: string }): Promise<void> {
      await connection('engine', engines, request.engine).releaseCluster?.(request.cluster);
    },
  };
}
