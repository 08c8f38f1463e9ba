import { isCancellation, sleep } from '@temporalio/workflow';
import type { KeptRows, PreparedPublish, PublishWhat } from '../../activities/publish.ts';
import type { FinishedWork } from '../../activities/work.ts';
import type { StepOf } from '../../src/domain/definition.ts';
import {
  publishOnce,
  type PublishBatch,
  type Published,
  type PublishSteps,
} from '../../src/domain/publish-once.ts';
import { renderSql } from '../../src/domain/sql-template.ts';
import { renderText } from '../../src/domain/template.ts';
import type { FileSet } from '../../src/ports.ts';
import { brief, waiting } from '../activities.ts';
import { evenIfCutOff } from '../deadline.ts';
import { failure, faultOf, rejecting, type Fault } from '../failures.ts';
import { fileSet } from '../file-set.ts';
import type { StepRun } from '../step-run.ts';
import { LONGEST_PAUSE_MS, doWork } from '../work.ts';

/** Loads files into a table, exactly once: staged first, then moved under a lock that the ledger guards. */
export async function redshiftCopy(step: StepRun, { args, id }: StepOf<'redshiftCopy'>) {
  const scope = step.scope();
  const { warehouse, from, table, where, iamRole, ...same } = args;
  const { definition, interval, seq } = step.run.plan;
  const what = {
    ...same,
    table: rejecting(() => renderText(table, scope), 'table: '),
    unit: `${definition.name}/${id}/${interval.id}`,
    seq,
    ...(where !== undefined && { where: rejecting(() => renderSql(where, scope), 'where: ') }),
    ...(iamRole !== undefined && { iamRole: rejecting(() => renderText(iamRole, scope), 'iamRole: ') }),
  };
  const files = fileSet(from, scope);
  for (;;) {
    const key = step.nextKey();
    const published = await publish(step, warehouse, files, { ...what, key });
    // After a reset a key may stand for other files that it published before: these are a publication of their own.
    if (published !== 'otherFiles') return published;
  }
}

async function publish(step: StepRun, warehouse: string, from: FileSet, what: PublishWhat) {
  step.say('looks at the files and the table');
  const prepare = brief(`${step.definition.id}: writes the manifest`, { startToCloseTimeout: '10m' });
  const prepared = await prepare.preparePublish({ warehouse, from, what });
  const { plan, files, rows } = prepared;
  const publication = new Publication(step, warehouse, prepared, what);
  const outcome = await publication.run();
  if (outcome === 'otherFiles') return outcome;
  const known = outcome.alreadyLoaded ? outcome.rows : null;
  const { staged, moved } = outcome.alreadyLoaded ? NOTHING : outcome;
  const load = resultsOf(staged)[plan.load];
  const insert = resultsOf(moved)[plan.insert];
  const gone = plan.delete === undefined ? undefined : resultsOf(moved)[plan.delete];
  return {
    rows: rows ?? known ?? insert?.rows ?? load?.rows ?? null,
    files,
    ...(insert && { inserted: insert.rows, deleted: gone?.rows ?? 0 }),
    ...publication.kept,
    alreadyLoaded: outcome.alreadyLoaded,
    ...(load && insert && { loadMs: load.ms, publishMs: sum(moved), stageMs: sum(staged) }),
    ...(plan.warnings?.length && { warnings: plan.warnings }),
  };
}

/** What was found done did no work. */
const NOTHING: { staged?: FinishedWork; moved?: FinishedWork } = {};

const resultsOf = (work: FinishedWork | undefined) => work?.statements?.statements ?? [];

const sum = (work: FinishedWork | undefined): number => resultsOf(work).reduce((all, { ms }) => all + ms, 0);

type Batch = PublishBatch | 'cleanUp';

const WORDS: Record<PublishBatch, string> = {
  stage: 'the load into the stage',
  publish: 'the publication',
};

class Publication {
  /** The rows that its load left out: they are kept also where the answer to the publication was lost. */
  kept: KeptRows | undefined;
  readonly #step: StepRun;
  readonly #warehouse: string;
  readonly #prepared: PreparedPublish;
  readonly #what: PublishWhat;
  readonly #batches: Record<Batch, number> = { stage: 0, publish: 0, cleanUp: 0 };

  constructor(step: StepRun, warehouse: string, prepared: PreparedPublish, what: PublishWhat) {
    this.#step = step;
    this.#warehouse = warehouse;
    this.#prepared = prepared;
    this.#what = what;
  }

  async run(): Promise<Published<FinishedWork> | 'otherFiles'> {
    const [stage = ''] = /\bs_mr_\w+/.exec(this.#prepared.plan.cleanUp.statements.join()) ?? [];
    const steps: PublishSteps<FinishedWork, Fault> = {
      run: (batch) => this.#run(batch),
      loaded: (staged) => this.#keepRejected(staged),
      ledger: () => this.#ledger(),
      cleanUp: () => this.#cleanUp(),
      faultOf: (error) => (isCancellation(error) ? undefined : faultOf(error)),
      failed: (fault, batch, reason) => this.#failed(fault, batch, reason),
      pause: async (ms, { message }) => {
        this.#step.say(`${message}; nothing was loaded, tries again`);
        await sleep(ms, { summary: `${this.#step.definition.id}: before trying again` });
      },
    };
    try {
      return await publishOnce(steps, { stage, longestPauseMs: LONGEST_PAUSE_MS });
    } catch (error) {
      if (!isCancellation(error)) throw error;
      const published = this.#batches.publish > 0 && (await this.#publishedAfterAll());
      await this.#cleanUp();
      if (published) return { alreadyLoaded: false };
      throw error;
    }
  }

  /** A publication that was found under the key may be one of before a reset, of other files: the ledger knows. */
  async #run(batch: PublishBatch): Promise<FinishedWork> {
    const work = await this.#batch(batch, WORDS[batch]);
    if (batch === 'publish' && work.found && (await this.#ledger()).state !== 'published')
      throw failure('Unavailable', 'what was found under its key published other files, before a reset');
    return work;
  }

  #batch(kind: Batch, what: string): Promise<FinishedWork> {
    return doWork(this.#step, {
      to: { kind: 'warehouse', name: this.#warehouse },
      what,
      spec: this.#prepared.plan[kind],
      // Each kind counts for itself: after a reset a key may find the same batch again, never another one.
      nextKey: () => `${this.#what.key}-${kind.charAt(0)}${(this.#batches[kind] += 1)}`,
      // A stage of before may have been cleared away since; whether it was published the ledger says.
      afresh: true,
      rows: 0,
    });
  }

  async #keepRejected(staged: FinishedWork): Promise<void> {
    if (this.#what.maxErrors === undefined || this.#what.maxErrors === 0) return;
    const keep = brief(`${this.#step.definition.id}: keeps the rows that were left out`, {
      startToCloseTimeout: '30m',
    });
    const { manifest } = this.#prepared;
    this.kept = await keep.keepRejected({ warehouse: this.#warehouse, ref: staged.ref, manifest });
  }

  #ledger() {
    const { heartbeatTimeoutMs } = this.#step.run.plan.settings;
    const { plan, manifestHash } = this.#prepared;
    const { key, mode } = this.#what;
    const wait = waiting(heartbeatTimeoutMs, `${this.#step.definition.id}: reads the ledger`);
    return wait.readLedger({ warehouse: this.#warehouse, ledger: plan.ledger, key, mode, manifestHash });
  }

  /** Whether a publication that was cut off, by a timeout or a cancellation, had come through. */
  async #publishedAfterAll(): Promise<boolean> {
    try {
      return (await evenIfCutOff(() => this.#ledger())).state === 'published';
    } catch {
      return false;
    }
  }

  /** Drops the stage; without it a publication that is still on its way fails, as it should. */
  async #cleanUp(): Promise<void> {
    try {
      await evenIfCutOff(() => this.#batch('cleanUp', 'the clean-up'));
    } catch {
      this.#step.say('the stage table could not be dropped');
    }
  }

  #failed({ type, message, details }: Fault, batch: PublishBatch, reason: string | undefined) {
    if (reason !== undefined) return failure('PublishFailed', reason, details);
    if (type !== 'JobFailed') return failure(type, message, details);
    const { guards } = this.#prepared.plan;
    return failure('PublishFailed', guardWords(guards[batch], message, details.statement), details);
  }
}

/** What a guard that divided by zero says in words; Redshift's compute nodes and its leader word the error differently. */
function guardWords(guards: Record<number, string>, message: string, statement?: number): string {
  const guard = statement === undefined ? undefined : guards[statement];
  return guard !== undefined && /divi(de|sion) by zero/i.test(message) ? guard : message;
}
