import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { PreparedPublish } from '../../activities/publish.ts';
import type { StepOf } from '../../src/domain/definition.ts';
import { renderSql } from '../../src/domain/sql-template.ts';
import { renderText } from '../../src/domain/template.ts';
import type { PublishPlan } from '../../src/ports.ts';
import { brief, waiting } from '../activities.ts';
import { failure, faultOf, rejecting, type Fault } from '../failures.ts';
import { fileSet } from '../file-set.ts';
import type { StepRun } from '../step-run.ts';
import { LONGEST_PAUSE_MS, doWork } from '../work.ts';

/** Loads files into a table, exactly once: staged first, then moved under a lock that the ledger guards. */
export async function redshiftCopy(step: StepRun, { args, id }: StepOf<'redshiftCopy'>) {
  const scope = step.scope();
  const { warehouse, mode, uniqueKey, where } = args;
  const key = step.nextKey();
  const { definition, interval, seq } = step.run.plan;
  const what = {
    table: rejecting(() => renderText(args.table, scope), 'table: '),
    mode,
    unit: `${definition.name}/${id}/${interval.id}`,
    key,
    seq,
    ...(uniqueKey && { uniqueKey }),
    ...(where !== undefined && { where: rejecting(() => renderSql(where, scope), 'where: ') }),
  };
  step.say('looks at the files');
  const prepare = brief(`${id}: writes the manifest`, { startToCloseTimeout: '10m' });
  const prepared = await prepare.preparePublish({ warehouse, from: fileSet(args.from, scope), what });
  const publication = new Publication(step, warehouse, prepared, key);
  const alreadyLoaded = await publication.run();
  return { rows: prepared.rows, files: prepared.files, alreadyLoaded };
}

type Batches = Pick<PublishPlan, 'stage' | 'publish' | 'cleanUp'>;

class Publication {
  readonly #step: StepRun;
  readonly #warehouse: string;
  readonly #prepared: PreparedPublish;
  readonly #key: string;
  readonly #batches: Record<keyof Batches, number> = { stage: 0, publish: 0, cleanUp: 0 };

  constructor(step: StepRun, warehouse: string, prepared: PreparedPublish, key: string) {
    this.#step = step;
    this.#warehouse = warehouse;
    this.#prepared = prepared;
    this.#key = key;
  }

  /** Whether it had been loaded before: then this changed nothing. */
  async run(): Promise<boolean> {
    for (let pauseMs = 1_000; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await this.#batch('stage', 'the load into the stage');
        await this.#batch('publish', 'the publication');
        return false;
      } catch (error) {
        if (isCancellation(error)) {
          const published = this.#batches.publish > 0 && (await this.#publishedAfterAll());
          await this.#cleanUp();
          if (published) return false;
          throw error;
        }
        const fault = faultOf(error);
        // Whatever was answered, or was not: the ledger knows.
        const entry = await this.#ledger();
        if (entry !== 'absent') await this.#cleanUp();
        if (entry === 'published') return true;
        if (entry === 'superseded') {
          throw failure(
            'PublishFailed',
            'a newer run has published this interval since; its rows stay',
            fault.details,
          );
        }
        if (fault.type !== 'JobLost' && fault.type !== 'Unavailable') {
          await this.#cleanUp();
          throw this.#publishFailed(fault);
        }
        this.#step.say(`${fault.message}; nothing was loaded, tries again`);
        await sleep(pauseMs, { summary: `${this.#step.definition.id}: before trying again` });
      }
    }
  }

  #batch(kind: keyof Batches, what: string) {
    return doWork(this.#step, {
      to: { kind: 'warehouse', name: this.#warehouse },
      what,
      spec: this.#prepared.plan[kind],
      // Each kind counts for itself: after a reset a key may find the same batch again, never another one.
      nextKey: () => `${this.#key}-${kind.charAt(0)}${(this.#batches[kind] += 1)}`,
      // A stage of before may have been cleared away since; whether it was published the ledger says.
      afresh: true,
    });
  }

  #ledger() {
    const { heartbeatTimeoutMs } = this.#step.run.plan.settings;
    const { plan } = this.#prepared;
    const wait = waiting(heartbeatTimeoutMs, `${this.#step.definition.id}: reads the ledger`);
    return wait.readLedger({ warehouse: this.#warehouse, plan, key: this.#key });
  }

  /** Whether a publication that was cut off, by a timeout or a cancellation, had come through. */
  async #publishedAfterAll(): Promise<boolean> {
    try {
      const look = () => CancellationScope.withTimeout('5m', () => this.#ledger());
      return (await CancellationScope.nonCancellable(look)) === 'published';
    } catch {
      return false;
    }
  }

  /** Drops the stage; without it a publication that is still on its way fails, as it should. */
  async #cleanUp(): Promise<void> {
    try {
      await CancellationScope.nonCancellable(() =>
        CancellationScope.withTimeout('5m', () => this.#batch('cleanUp', 'the clean-up')),
      );
    } catch {
      this.#step.say('the stage table could not be dropped');
    }
  }

  #publishFailed({ type, message, details }: Fault) {
    if (type !== 'JobFailed') return failure(type, message, details);
    const guard = details.statement === undefined ? undefined : this.#prepared.plan.guards[details.statement];
    // Redshift's compute nodes say "Divide by zero", its leader what Postgres says.
    const guarded = guard !== undefined && /divi(de|sion) by zero/i.test(message);
    return failure('PublishFailed', guarded ? guard : message, details);
  }
}
