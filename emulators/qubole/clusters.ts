import { z } from 'zod';
import { invalid, notFound } from './error.ts';

/** What `POST /_clusters/LABEL` changes: how a cluster behaves. */
export const behaviourSchema = z.strictObject({
  /** How long it takes to start, and to stop. */
  bootMs: z.int().min(0).optional(),
  /** How long after its last command it stops. */
  idleMs: z.int().positive().optional(),
  /** Its next starts end in this instead. */
  failure: z.string().nullable().optional(),
});

type State = 'DOWN' | 'PENDING' | 'UP' | 'TERMINATING';

/** A cluster that takes its time to start and to stop, and stops when nothing runs on it. It is no machine. */
export class Cluster {
  readonly id: number;
  readonly label: string;
  bootMs: number;
  idleMs: number;
  failure: string | null = null;
  mayEnd = true;
  state: State = 'DOWN';
  #startAt: Date | undefined;
  #downAt: Date | undefined;
  #terminateReason: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** What tells each command that runs here that its machines are gone. */
  readonly #running = new Set<(reason: string) => void>();
  readonly #waiting = new Set<{ ready: () => void; failed: (reason: string) => void }>();

  constructor(id: number, label: string, { bootMs, idleMs }: { bootMs: number; idleMs: number }) {
    this.id = id;
    this.label = label;
    this.bootMs = bootMs;
    this.idleMs = idleMs;
  }

  start(): void {
    if (this.state !== 'DOWN') return;
    this.state = 'PENDING';
    this.#startAt = new Date();
    this.#terminateReason = null;
    this.#later(this.bootMs, () => (this.failure === null ? this.#up() : this.#down(this.failure)));
  }

  terminate(reason: string): void {
    if (this.state !== 'UP' && this.state !== 'PENDING') return;
    this.state = 'TERMINATING';
    for (const lost of this.#running) lost(reason);
    this.#later(this.bootMs, () => this.#down(reason));
  }

  /** Resolves when a command may run; starts the cluster if need be. `lost` is called if it goes down meanwhile. */
  async taken(signal: AbortSignal, lost: (reason: string) => void): Promise<void> {
    if (this.state !== 'UP') await this.#ready(signal);
    this.#running.add(lost);
    clearTimeout(this.#timer);
  }

  left(lost: (reason: string) => void): void {
    this.#running.delete(lost);
    if (this.state === 'UP') this.#rest();
  }

  /** What can be edited of it. */
  get info(): object {
    return {
      id: this.id,
      label: [this.label],
      state: this.state,
      cluster_info: {
        disallow_cluster_termination: !this.mayEnd,
        idle_cluster_timeout: this.idleMs / 3600_000,
      },
    };
  }

  get json(): object {
    return {
      state: this.state,
      cluster_id: this.id,
      start_at: this.#startAt?.toISOString() ?? null,
      down_at: this.#downAt?.toISOString() ?? null,
      terminate_reason: this.#terminateReason,
      last_health_check_action_at: null,
      nodes: this.state === 'UP' ? [{ role: 'master', hostname: '127.0.0.1', is_spot_instance: false }] : [],
    };
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #ready(signal: AbortSignal): Promise<void> {
    if (this.state === 'DOWN') this.start();
    await new Promise<void>((resolve, reject) => {
      const waiter = { ready: resolve, failed: (reason: string) => reject(new Error(reason)) };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', () => {
        this.#waiting.delete(waiter);
        reject(new Error('cancelled'));
      });
    });
  }

  #up(): void {
    this.state = 'UP';
    for (const { ready } of this.#waiting) ready();
    this.#waiting.clear();
    this.#rest();
  }

  #down(reason: string): void {
    const came = this.state === 'PENDING';
    this.state = 'DOWN';
    this.#downAt = new Date();
    this.#terminateReason = reason;
    if (came) for (const { failed } of this.#waiting) failed(reason);
    if (came) this.#waiting.clear();
    else if (this.#waiting.size > 0) this.start();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#running.size === 0 && this.state === 'UP' && this.mayEnd) {
      this.#later(this.idleMs, () => this.terminate('Terminated because it was idle'));
    }
  }

  #later(ms: number, what: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(what, ms);
  }
}

/** The clusters of the account, by id or label. */
export class Clusters {
  readonly #all: Cluster[];

  constructor(labels: readonly string[], settings: { bootMs: number; idleMs: number }) {
    this.#all = labels.map((label, index) => new Cluster(index + 1, label, settings));
  }

  get(idOrLabel: string): Cluster {
    const found = this.#all.find(({ id, label }) => String(id) === idOrLabel || label === idOrLabel);
    if (!found) throw notFound('Cluster', idOrLabel);
    return found;
  }

  /** The one that a command with that label goes to. */
  forCommand(label: string | null): Cluster {
    if (label === null) return this.#all[0] as Cluster;
    const found = this.#all.find((cluster) => String(cluster.id) === label || cluster.label === label);
    if (!found) throw invalid(`Cluster with label ${label} does not exist`);
    return found;
  }

  list(): object[] {
    return this.#all.map(({ id, label, state }) => ({ cluster: { id, label: [label], state } }));
  }

  close(): void {
    for (const cluster of this.#all) cluster.close();
  }
}
