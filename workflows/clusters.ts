import { CancellationScope, log } from '@temporalio/workflow';
import { brief } from './activities.ts';
import { faultOf } from './failures.ts';

/** The clusters that a run started for itself alone, which end with it. */
export class Clusters {
  readonly #started: { engine: string; cluster: string }[] = [];

  add(engine: string, cluster: string): void {
    const isKnown = this.#started.some((known) => known.engine === engine && known.cluster === cluster);
    if (!isKnown) this.#started.push({ engine, cluster });
  }

  /** Never rejects: a cluster that can't be ended is no reason for the run to fail. */
  async release(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      for (const request of this.#started.splice(0)) {
        try {
          await brief(`ends the cluster ${request.cluster} of ${request.engine}`).releaseCluster(request);
        } catch (error) {
          log.error(`the cluster ${request.cluster} of ${request.engine} could not be ended`, {
            reason: faultOf(error).message,
          });
        }
      }
    });
  }
}
