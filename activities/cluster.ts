import type { ClusterRef, ClusterSpec } from '../src/ports.ts';
import type { Deps } from './deps.ts';
import { connection, polling } from './waiting.ts';

export function createClusterActivities({ engines, settings }: Deps) {
  return {
    /** Starts the engine's cluster if need be, and returns once it is ready. */
    async ensureCluster(request: { engine: string; spec: ClusterSpec }): Promise<ClusterRef> {
      const engine = connection('engine', engines, request.engine);
      return polling(
        settings.pollIntervalMs,
        () => engine.ensureCluster(request.spec),
        () => ({ waitingFor: `the cluster of ${request.engine}` }),
      );
    },
  };
}
