import type { LoadError } from '../../src/domain/failure.ts';
import type {
  BatchResult,
  LoadFault,
  OncePlan,
  PlannedLoad,
  PublishPlan,
  StatementBatch,
  Submission,
  UnloadRequest,
  Warehouse,
  WarehouseLook,
  WorkRef,
  WorkState,
} from '../../src/ports.ts';

interface TestStatement {
  ref: WorkRef;
  batch: StatementBatch;
  state: WorkState;
}

/** A warehouse in memory, whose batches of publishing are one word each, and whose ledger is what was published. */
export class TestWarehouse implements Warehouse {
  readonly keyMemoryMs = Infinity;
  readonly lookAfterMs = 0;
  readonly statements = new Map<string, TestStatement>();
  /** What becomes of a statement. */
  behave: (statement: string) => WorkState = () => ({ status: 'done' });

  /** What would stop a load into that table; what it throws is the answer. */
  faultsOf: (table: string) => LoadFault[] = () => [];

  /** The words of the batches that were done, in order. */
  get done(): string[] {
    const all = [...this.statements.values()].filter(({ state }) => state.status === 'done');
    return all.flatMap(({ batch }) => batch.statements);
  }

  async submit(batch: StatementBatch, key: string): Promise<Submission> {
    const before = this.statements.get(key);
    if (before) return { ...before.ref, found: true };
    const ref = { id: `statement-${this.statements.size + 1}`, key };
    this.statements.set(key, { ref, batch, state: this.behave(batch.statements.join()) });
    return { ...ref, found: false };
  }

  async find(key: string): Promise<WorkRef | undefined> {
    return this.statements.get(key)?.ref;
  }

  async poll(refs: readonly WorkRef[]): Promise<Map<string, WorkState>> {
    const known = [...this.statements.values()].filter(({ ref }) => refs.some(({ id }) => id === ref.id));
    return new Map(known.map(({ ref, state }) => [ref.id, state]));
  }

  async cancel({ key }: WorkRef): Promise<void> {
    const statement = this.statements.get(key);
    if (statement) statement.state = { status: 'cancelled' };
  }

  async result(): Promise<BatchResult> {
    const isDone = this.done.includes('publish') ? 1 : 0;
    const row = { published: isDone, same_files: isDone, newer: 0, any_key: isDone };
    return { rowsAffected: 0, row, rows: [row], count: 1, statements: [] };
  }

  async publishPlan(): Promise<PublishPlan> {
    const batch = (word: string): StatementBatch => ({ statements: [word] });
    return {
      stage: batch('stage'),
      load: 0,
      publish: batch('publish'),
      insert: 0,
      ledger: batch('ledger'),
      cleanUp: batch('clean up'),
      guards: { stage: {}, publish: {} },
      warnings: [],
    };
  }

  async oncePlan({ statements }: StatementBatch): Promise<OncePlan> {
    return { run: { statements }, before: 0, guards: {}, ledger: { statements: ['ledger'] } };
  }

  unload({ to }: UnloadRequest): string {
    return `unload to ${to}`;
  }

  async loadErrors(): Promise<LoadError[]> {
    return [];
  }

  async check(loads: readonly PlannedLoad[]): Promise<LoadFault[][]> {
    return loads.map(({ table }) => this.faultsOf(table));
  }

  async look(): Promise<WarehouseLook> {
    return { missingPrivileges: [] };
  }

  async readFault(): Promise<undefined> {
    return undefined;
  }
}
