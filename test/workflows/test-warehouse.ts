import type { LoadError } from '../../src/domain/failure.ts';
import { hasEnded } from '../../src/domain/state.ts';
import type {
  BatchResult,
  LoadFault,
  Once,
  OncePlan,
  PlannedLoad,
  PublishPlan,
  PublishRequest,
  Row,
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
  /** The files of the publication that was prepared last when it was sent. */
  files: string;
}

/**
 * A warehouse in memory, whose batches of publishing are one word each, and whose ledger is what was published. What takes
 * effect once begins with a guard, a word with its key.
 */
export class TestWarehouse implements Warehouse {
  readonly keyMemoryMs = Infinity;
  readonly lookAfterMs = 0;
  readonly statements = new Map<string, TestStatement>();
  /** What becomes of a statement. */
  behave: (statement: string) => WorkState = () => ({ status: 'done' });

  /** What a query answers; undefined means as the ledger would. */
  answer: (statement: string) => Row[] | undefined = () => undefined;
  /** The lines that a load leaves out. */
  leftOut: LoadError[] = [];
  /** Called before a statement is taken; what it throws is the answer. */
  onSubmit: (key: string) => void = () => {};
  /** Called before a statement is cancelled, which it may end in another way. */
  onCancel: (statement: TestStatement) => void = () => {};
  /** The keys that had to be looked up, for somebody may have had them. */
  lookedUp: string[] = [];
  #files = '';

  /** What would stop a load into that table; what it throws is the answer. */
  faultsOf: (table: string) => LoadFault[] = () => [];

  /** The words of the batches that were done, in order. */
  get done(): string[] {
    const all = [...this.statements.values()].filter(({ state }) => state.status === 'done');
    return all.flatMap(({ batch }) => batch.statements);
  }

  async submit(batch: StatementBatch, key: string, isNew = false): Promise<Submission> {
    if (!isNew) this.lookedUp.push(key);
    this.onSubmit(key);
    const before = this.statements.get(key);
    if (before) return { ...before.ref, found: true };
    const ref = { id: `statement-${this.statements.size + 1}`, key };
    const [first = ''] = batch.statements;
    const state: WorkState =
      first.startsWith('guard ') && this.done.includes(first)
        ? { status: 'failed', message: 'division by zero', statement: 0 }
        : this.behave(batch.statements.join());
    this.statements.set(key, { ref, batch, state, files: this.#files });
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
    if (statement === undefined) return;
    this.onCancel(statement);
    if (!hasEnded(statement.state.status)) statement.state = { status: 'cancelled' };
  }

  async result({ id }: WorkRef, limit = 1): Promise<BatchResult> {
    const all = [...this.statements.values()];
    const [asked = ''] = all.find(({ ref }) => ref.id === id)?.batch.statements ?? [];
    const answer = this.answer(asked);
    if (answer) {
      const rows = answer.slice(0, limit);
      return { rowsAffected: 0, row: rows[0] ?? null, rows, count: answer.length, statements: [] };
    }
    const guard = asked.replace('ledger', 'guard');
    const published = all.filter(
      ({ batch, state }) =>
        state.status === 'done' && batch.statements[0] === (asked === 'ledger' ? 'publish' : guard),
    );
    const count = published.length;
    const same = published.filter(({ files }) => asked !== 'ledger' || files === this.#files).length;
    const row = { published: count, same_files: same, newer: 0, any_key: count };
    return { rowsAffected: 0, row, rows: [row], count: 1, statements: [] };
  }

  async publishPlan({ manifestHash }: PublishRequest): Promise<PublishPlan> {
    this.#files = manifestHash;
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

  async oncePlan({ statements }: StatementBatch, { key }: Once): Promise<OncePlan> {
    return {
      run: { statements: [`guard ${key}`, ...statements] },
      before: 1,
      guards: {},
      ledger: { statements: [`ledger ${key}`] },
    };
  }

  unload({ to }: UnloadRequest): string {
    return `unload to ${to}`;
  }

  async loadErrors(): Promise<LoadError[]> {
    return this.leftOut;
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
