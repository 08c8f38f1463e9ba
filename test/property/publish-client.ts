import { ledgerEntry } from '../../src/domain/publication.ts';
import { publishOnce, type PublishBatch, type PublishFault } from '../../src/domain/publish-once.ts';
import type { PublishPlan, PublishRequest, StatementBatch, WorkState } from '../../src/ports.ts';
import type { PublishWorld } from '../contract/publish-world.ts';
import type { Fault } from './publish-program.ts';

/** What a client was told in the end. */
export type Told = 'done' | 'failed' | 'otherFiles' | 'nothing';

const TRIES = 8;

/** What still has to happen: statements that go on, and those that come late. */
export interface Later {
  running: Promise<unknown>[];
  late: (() => Promise<unknown>)[];
}

/** What was answered to a batch, where that isn't that it is done. */
class NotDone extends Error {
  readonly fault: PublishFault;

  constructor(fault: PublishFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** Nothing more comes of this run: it was terminated, or has tried often enough. */
class Ended extends Error {}

const NO_ANSWER: PublishFault = { type: 'JobLost', message: 'no answer' };

/** Publishes by the loop that the workflow has, over a connection to which things happen. */
export class Client {
  readonly #world: PublishWorld;
  readonly #later: Later;
  readonly #faults: Fault[];
  #names = 0;
  #tries = 0;

  constructor(world: PublishWorld, later: Later, faults: readonly Fault[]) {
    this.#world = world;
    this.#later = later;
    this.#faults = [...faults];
  }

  async publish(plan: PublishPlan, request: PublishRequest): Promise<Told> {
    const [stage = ''] = /\bs_mr_\w+/.exec(plan.cleanUp.statements.join()) ?? [];
    const name = (what: string) => `${request.key}-${what}${this.#unique()}`;
    try {
      const published = await publishOnce<WorkState, PublishFault>(
        {
          run: (batch) => this.#batch(plan, batch, name(batch.charAt(0))),
          loaded: async () => {},
          ledger: async () => {
            const { id } = await this.#world.finish(plan.ledger, name('l'));
            return ledgerEntry(await this.#world.row(id), request);
          },
          cleanUp: async () => {
            await this.#world.finish(plan.cleanUp, name('c'));
          },
          faultOf: (error) => (error instanceof NotDone ? error.fault : undefined),
          failed: (fault) => new NotDone(fault),
          pause: async () => {
            if ((this.#tries += 1) >= TRIES) throw new Ended();
          },
        },
        { stage, longestPauseMs: 0 },
      );
      return published === 'otherFiles' ? published : 'done';
    } catch (error) {
      if (error instanceof Ended) return 'nothing';
      if (error instanceof NotDone) return 'failed';
      throw error;
    }
  }

  /** What was rolled back by the other side is sent again under a name of its own, as the workflow does. */
  async #batch(plan: PublishPlan, kind: PublishBatch, name: string): Promise<WorkState> {
    let state = await this.#meet(plan[kind], name, plan.cleanUp);
    for (let again = 1; state.transient === 'rolledBack' && again < TRIES; again++)
      state = await this.#world.finish(plan[kind], `${name}-r${again}`);
    if (state.status === 'done') return state;
    const type = state.transient === undefined ? 'JobFailed' : 'Unavailable';
    throw new NotDone({ type, message: state.message ?? '' });
  }

  async #meet(batch: StatementBatch, name: string, cleanUp: StatementBatch): Promise<WorkState> {
    const { finish, submit } = this.#world;
    const run = (as = name) => finish(batch, as);
    switch (this.#faults.shift() ?? 'none') {
      case 'none':
        return run();
      case 'sentTwice':
        await submit(batch, name);
        return run();
      case 'twoWorkers':
        return (await Promise.all([run(), run()]))[0];
      case 'tokenExpired':
        return (await Promise.all([run(), run(`${name}-again`)]))[0];
      case 'goesOn':
        this.#later.running.push(run());
        throw new NotDone(NO_ANSWER);
      case 'late':
        this.#later.late.push(run);
        throw new NotDone(NO_ANSWER);
      case 'terminated':
        this.#later.late.push(run);
        throw new Ended();
      case 'stageDropped':
        await finish(cleanUp, `${name}-drop`);
        return run();
    }
  }

  #unique(): string {
    return `${(this.#names += 1)}x${Math.random().toString(36).slice(2, 8)}`;
  }
}
