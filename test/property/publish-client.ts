import { judge, ledgerEntry } from '../../src/domain/publication.ts';
import type { FailureType } from '../../src/domain/failure.ts';
import type { PublishPlan, PublishRequest, StatementBatch, WorkState } from '../../src/ports.ts';
import type { PublishWorld } from '../contract/publish-world.ts';
import type { Fault } from './publish-program.ts';

/** What a client was told in the end. */
export type Told = 'done' | 'failed' | 'otherFiles' | 'nothing';

const TRIES = 8;
const TERMINATED = Symbol('terminated');
const NO_ANSWER = Symbol('no answer');

/** What still has to happen: statements that go on, and those that come late. */
export interface Later {
  running: Promise<unknown>[];
  late: (() => Promise<unknown>)[];
}

/** Publishes as the workflow does, over a connection to which things happen. */
export class Client {
  readonly #world: PublishWorld;
  readonly #later: Later;
  readonly #faults: Fault[];
  #batches = 0;

  constructor(world: PublishWorld, later: Later, faults: readonly Fault[]) {
    this.#world = world;
    this.#later = later;
    this.#faults = [...faults];
  }

  async publish(plan: PublishPlan, request: PublishRequest): Promise<Told> {
    for (let tries = 0; tries < TRIES; tries++) {
      const fault = await this.#once(plan, request.key);
      if (fault === 'done') return 'done';
      if (fault === TERMINATED) return 'nothing';
      const { id } = await this.#world.finish(plan.ledger, `${request.key}-l${this.#name()}`);
      const row = (await this.#world.warehouse.result({ id, key: '' })).row ?? {};
      const verdict = judge(ledgerEntry(row, request), fault.type, fault.isStageLost);
      if (verdict.kind === 'published') return 'done';
      if (verdict.kind === 'nextKey') return 'otherFiles';
      if (verdict.kind === 'failed') return 'failed';
    }
    return 'nothing';
  }

  async #once(plan: PublishPlan, key: string) {
    for (const kind of ['stage', 'publish'] as const) {
      const state = await this.#batch(plan[kind], `${key}-${kind.charAt(0)}${this.#name()}`, plan.cleanUp);
      if (state === TERMINATED) return TERMINATED;
      if (state === NO_ANSWER) return { type: 'JobLost' as const, isStageLost: false };
      if (state.status === 'done') continue;
      const message = state.message ?? '';
      const type: FailureType = state.transient === undefined ? 'JobFailed' : 'Unavailable';
      return { type, isStageLost: kind === 'publish' && /s_mr_\w+"? does not exist/.test(message) };
    }
    return 'done';
  }

  async #batch(
    batch: StatementBatch,
    name: string,
    cleanUp: StatementBatch,
  ): Promise<WorkState | typeof TERMINATED | typeof NO_ANSWER> {
    const { finish, warehouse } = this.#world;
    const run = (as = name) => finish(batch, as);
    switch (this.#faults.shift() ?? 'none') {
      case 'none':
        return run();
      case 'sentTwice':
        await warehouse.submit(batch, name);
        return run();
      case 'twoWorkers':
        return (await Promise.all([run(), run()]))[0];
      case 'tokenExpired':
        return (await Promise.all([run(), run(`${name}-again`)]))[0];
      case 'goesOn':
        this.#later.running.push(run());
        return NO_ANSWER;
      case 'late':
        this.#later.late.push(run);
        return NO_ANSWER;
      case 'terminated':
        this.#later.late.push(run);
        return TERMINATED;
      case 'stageDropped':
        await finish(cleanUp, `${name}-drop`);
        return run();
    }
  }

  #name(): string {
    return `${(this.#batches += 1)}x${Math.random().toString(36).slice(2, 8)}`;
  }
}
