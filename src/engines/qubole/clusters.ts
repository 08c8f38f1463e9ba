import { EtlError, unexpected } from '../../domain/failure.ts';
import type { ClusterRef, ClusterSpec } from '../../ports.ts';
import type { ClusterState, QuboleApi } from './api.ts';
import { commandsSince } from './look-up.ts';

/** The cluster of an account that a command without a label goes to. */
const DEFAULT_CLUSTER = 'default';

/** QDS ends a command after 36 hours, unless it was told otherwise. */
const LONGEST_COMMAND_MS = 48 * 3600_000;
const ACTIVE = ['waiting', 'running', 'cancelling'];

/** Starts the cluster of an engine, and ends it. */
export class Clusters {
  readonly #api: QuboleApi;
  readonly #cluster: string;
  readonly #idleHours: number | undefined;

  constructor(api: QuboleApi, cluster: string | undefined, idleHours: number | undefined) {
    this.#api = api;
    this.#cluster = cluster ?? DEFAULT_CLUSTER;
    this.#idleHours = idleHours;
  }

  async ensure({ release }: ClusterSpec, before: ClusterRef | undefined): Promise<ClusterRef> {
    if (before === undefined && release === 'whenIdle')
      await this.#api.endWhenIdle(this.#cluster, this.#idleHours);
    const now = await this.#api.clusterState(this.#cluster);
    const started = before?.started ?? false;
    const waiting = { id: this.#cluster, ready: false, started, state: now.state };
    switch (now.state) {
      case 'UP':
        return { ...waiting, ready: true };
      case 'PENDING':
      case 'TERMINATING':
        return waiting;
      case 'DOWN': {
        // It was on its way up, or it came and went since it was asked to start.
        const asked = askedToStart(now);
        if (before?.state === 'PENDING' || (started && before?.state !== asked)) throw this.#wentDown(now);
        await this.#api.changeCluster(this.#cluster, 'start');
        return { ...waiting, started: true, state: asked };
      }
      default:
        return unexpected('Qubole', now.state);
    }
  }

  /** Ends it; one that somebody's commands still run on may end by itself when it is idle. */
  async release(cluster: string): Promise<void> {
    const { state } = await this.#api.clusterState(cluster);
    if (state !== 'UP' && state !== 'PENDING') return;
    if (await this.#isBusy(cluster)) await this.#api.endWhenIdle(cluster, this.#idleHours);
    else await this.#api.changeCluster(cluster, 'terminate');
  }

  async #isBusy(cluster: string): Promise<boolean> {
    for await (const commands of commandsSince(this.#api, new Date(Date.now() - LONGEST_COMMAND_MS))) {
      const here = commands.filter(({ label }) => (label ?? DEFAULT_CLUSTER) === cluster);
      if (here.some(({ status }) => ACTIVE.includes(status))) return true;
    }
    return false;
  }

  #wentDown({ terminate_reason: reason }: ClusterState): EtlError {
    const why = reason ? `: ${reason}` : '; QDS gives no reason';
    return new EtlError('JobFailed', `the cluster ${this.#cluster} went down before it was up${why}`);
  }
}

/** With when it was last down, by which a start that failed is told from one that has not begun. */
const askedToStart = ({ down_at: downAt }: ClusterState): string =>
  `DOWN since ${downAt ?? 'ever'}, asked to start`;
