import type {
  ClusterRef,
  ClusterSpec,
  JobEngine,
  JobKind,
  JobOutcome,
  JobSpec,
  KeyedJob,
  LogPage,
  Submission,
  WorkRef,
  WorkState,
} from '../../src/ports.ts';

interface TestJob {
  ref: WorkRef;
  spec: JobSpec;
  state: WorkState;
}

/** An engine in memory: every job goes as `behave` says, or runs until the test ends it. */
export class TestEngine implements JobEngine {
  kinds: readonly JobKind[] = ['sql', 'hive', 'spark', 'shell'];
  readonly keyMemoryMs = Infinity;
  readonly lookAfterMs: number = 0;
  readonly jobs = new Map<string, TestJob>();
  readonly submissions: string[] = [];
  readonly cancelled: string[] = [];
  /** What becomes of the n-th job (from 1). */
  behave: (nth: number, spec: JobSpec) => WorkState = () => ({ status: 'done' });
  /** Throws what a call of that name should fail with. */
  fault: (call: 'submit' | 'cancel' | 'poll', key: string) => void = () => {};
  readonly #wakes = new Set<() => void>();

  /** What `ensureCluster` says, call by call; the last one again and again. */
  cluster: ClusterRef[] = [{ id: 'test', ready: true, started: false }];
  /** Called before `ensureCluster` answers, which waits for it. */
  onCluster: () => Promise<void> = async () => {};
  readonly released: string[] = [];
  /** What every job leaves. */
  left: JobOutcome = {};

  async ensureCluster(_spec: ClusterSpec, _key: string, before?: ClusterRef): Promise<ClusterRef> {
    // A run of an earlier test may not have heard yet that it waits no longer.
    if (before && before.id !== this.cluster[0]?.id) return before;
    await this.onCluster();
    const [now, ...later] = this.cluster;
    if (later.length > 0) this.cluster = later;
    return now ?? { id: 'test', ready: true, started: false };
  }

  async releaseCluster(id: string): Promise<void> {
    this.released.push(id);
  }

  async outcome(): Promise<JobOutcome> {
    return this.left;
  }

  async submit(spec: JobSpec, key: string): Promise<Submission> {
    const before = this.jobs.get(key);
    if (before) return { ...before.ref, found: true };
    this.submissions.push(key);
    const ref = { id: `job-${this.submissions.length}`, key, log: `/logs/${key}` };
    this.jobs.set(key, { ref, spec, state: this.behave(this.submissions.length, spec) });
    this.fault('submit', key);
    return { ...ref, found: false };
  }

  async find(key: string): Promise<WorkRef | undefined> {
    return this.jobs.get(key)?.ref;
  }

  async poll(refs: readonly WorkRef[]): Promise<Map<string, WorkState>> {
    for (const { key } of refs) this.fault('poll', key);
    const known = [...this.jobs.values()].filter(({ ref }) => refs.some(({ id }) => id === ref.id));
    return new Map(known.map(({ ref, state }) => [ref.id, state]));
  }

  watch(_ref: WorkRef, wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  async cancel({ id, key }: WorkRef): Promise<void> {
    this.fault('cancel', key);
    this.cancelled.push(id);
    this.end(id, { status: 'cancelled' });
  }

  async logs(): Promise<LogPage> {
    return { lines: [], next: '' };
  }

  async *listKeyed(): AsyncIterable<KeyedJob> {
    for (const { ref, state } of this.jobs.values()) {
      yield { key: ref.key, ref, status: state.status, startedAt: new Date() };
    }
  }

  /** Ends a job by its ref. */
  end(id: string, state: WorkState): void {
    for (const job of this.jobs.values()) if (job.ref.id === id) job.state = state;
    for (const wake of this.#wakes) wake();
  }

  /** Forgets a job, as engines do. */
  forget(id: string): void {
    for (const [key, job] of this.jobs) if (job.ref.id === id) this.jobs.delete(key);
    for (const wake of this.#wakes) wake();
  }
}
