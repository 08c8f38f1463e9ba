import type { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { fromAwsError } from '../../aws-error.ts';
import { EtlError, FAILURE, type LoadError } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/state.ts';
import type {
  BatchResult,
  LoadFault,
  Once,
  OncePlan,
  PlannedLoad,
  PlannedRead,
  PublishPlan,
  PublishRequest,
  ReadFault,
  Row,
  StatementBatch,
  Submission,
  UnloadRequest,
  Warehouse,
  WarehouseLook,
  WorkRef,
  WorkState,
} from '../../ports.ts';
import { catalogQuery, readCatalog, type Catalog } from './catalog.ts';
import { DataApi, isUnknown, type Target } from './data-api.ts';
import { missingTables, oncePlan } from './ledger.ts';
import { loadErrorQueries, loadIds, toLoadError } from './load-errors.ts';
import { LongPolls } from './long-polls.ts';
import { tableName, type TableName } from './names.ts';
import { loadFaults } from './load-faults.ts';
import { missingPrivileges, privilegesQuery } from './privileges.ts';
import { readProbe, whatStopped } from './read-probe.ts';
import { publishPlan } from './publish.ts';
import { resultOf, stateOf } from './statement.ts';
import { unloadStatement } from './unload.ts';

export type { Target } from './data-api.ts';

const HOUR_MS = 3_600_000;
/** So many that wait are asked for one by one; more by the list. */
const ONE_BY_ONE = 2;
/** Statements are listed 100 to a page; who isn't on the first pages is asked for by its ID. */
const MOST_PAGES = 3;
/** A query over the catalog has a part for each table, and 100 KB at the most. */
const TABLES_AT_ONCE = 25;

/** Amazon Redshift through its Data API. */
export class RedshiftWarehouse implements Warehouse {
  /** Statements can be listed for 24 hours; an hour is kept in hand. */
  readonly keyMemoryMs = 23 * HOUR_MS;
  readonly lookAfterMs: number;
  readonly #api: DataApi;
  readonly #polls: LongPolls;
  readonly #iamRole: string | undefined;
  /** Targets whose lock and ledger are there, so that the catalog need not be asked each time. */
  readonly #prepared = new Set<string>();

  constructor(
    client: RedshiftDataClient,
    target: Target,
    iamRole: string | undefined,
    requestTimeoutMs: number,
  ) {
    this.#api = new DataApi(client, target);
    this.#polls = new LongPolls(this.#api);
    this.#iamRole = iamRole;
    this.lookAfterMs = requestTimeoutMs;
  }

  async submit(batch: StatementBatch, key: string, isNew = false): Promise<Submission> {
    // A client token is good for 8 hours, a statement's name for 24: so the name is looked up first.
    const before = isNew ? undefined : await this.find(key);
    if (before) return { ...before, found: true };
    return { id: await this.#api.execute(batch, key), key, found: false };
  }

  async find(key: string): Promise<WorkRef | undefined> {
    for await (const page of this.#api.list(key)) {
      // The API matches by prefix.
      const found = page.find(({ StatementName }) => StatementName === key);
      if (found?.Id !== undefined) return { id: found.Id, key };
    }
    return undefined;
  }

  /** Those that a long poll looks at cost nothing, a few are asked for one by one, and many by the list. */
  async poll(refs: readonly WorkRef[]): Promise<Map<string, WorkState | EtlError>> {
    const states = new Map<string, WorkState | EtlError>();
    const asked: string[] = [];
    for (const { id } of refs) {
      const known = this.#polls.known(id);
      if (known) states.set(id, known);
      else asked.push(id);
    }
    const open =
      asked.length > ONE_BY_ONE ? await this.#listOpen(new Set(asked)) : new Map<string, WorkState>();
    for (const [id, state] of open) states.set(id, state);
    // What has ended is described for its error or its result; what wasn't listed may still be known.
    const rest = asked.filter((id) => !open.has(id));
    const described = await Promise.all(rest.map(async (id) => [id, await this.#state(id)] as const));
    for (const [id, state] of described) if (state !== undefined) states.set(id, state);
    return states;
  }

  watch(ref: WorkRef, wake: () => void): () => void {
    return this.#polls.watch(ref.id, wake);
  }

  async cancel(ref: WorkRef): Promise<void> {
    if (!(await this.#isOpen(ref.id))) return;
    await this.#api.cancel(ref.id);
    if (await this.#isOpen(ref.id)) {
      throw new EtlError('Unavailable', `statement ${ref.id} is still under way after its cancellation`);
    }
  }

  async result(ref: WorkRef, rows = 1): Promise<BatchResult> {
    const result = resultOf(await this.#describe(ref.id));
    const { queryId, ...rest } = result;
    if (queryId === undefined || rows === 0) return { ...rest, row: null, rows: [], count: 0 };
    const read = await this.#api.rows(queryId, rows);
    return { ...rest, row: read.rows[0] ?? null, ...read };
  }

  async publishPlan(request: PublishRequest): Promise<PublishPlan> {
    const target = tableName(request.table);
    const catalog = await this.#catalog(target, request.key);
    await this.#make(missingTables(catalog.own, target.full), request.key);
    return publishPlan(request, { target, catalog, iamRole: this.#iamRole, nowMs: Date.now() });
  }

  async oncePlan(batch: StatementBatch, once: Once): Promise<OncePlan> {
    if (!this.#prepared.has(once.target)) {
      const { own } = await this.#catalog(tableName('millrace.ledger'), once.key);
      await this.#make(missingTables(own, once.target), once.key);
      this.#prepared.add(once.target);
    }
    return oncePlan(batch, once);
  }

  unload(request: UnloadRequest): string {
    return unloadStatement(request, this.#iamRole);
  }

  async loadErrors(ref: WorkRef, limit: number): Promise<LoadError[]> {
    const ids = loadIds(await this.#describe(ref.id));
    if (ids.length === 0) return [];
    for (const sql of loadErrorQueries(ids, limit)) {
      try {
        const rows = await this.#api.query(sql, `${ref.key}-e${now()}`, limit);
        if (rows.length > 0) return rows.map(toLoadError);
      } catch (error) {
        // A table that isn't there, or not for this user; what matters is the failure that led here.
        if (!(error instanceof EtlError) || FAILURE[error.type].retryable) throw error;
      }
    }
    return [];
  }

  async check(loads: readonly PlannedLoad[]): Promise<LoadFault[][]> {
    const names = loads.map(({ table }) => tableName(table));
    const catalogs = await this.#catalogs(names, `mr-check-${now()}`);
    return catalogs.map((catalog, index) => loadFaults(loads[index] as PlannedLoad, catalog));
  }

  async look(tables: readonly string[]): Promise<WarehouseLook> {
    const names = tables.map(tableName);
    const catalogs = await this.#catalogs([...names, tableName('millrace.ledger')], `mr-look-${now()}`);
    const there = names.filter((_, index) => catalogs[index]?.table !== undefined);
    const hasSchema = catalogs.some(({ own }) => own.schema);
    const [privileges = {}] = await this.#api.query(privilegesQuery(there, hasSchema), `mr-look-${now()}p`);
    const missing = missingPrivileges(privileges, there);
    const slices = await this.#slices();
    return { missingPrivileges: missing, ...(slices !== undefined && { slices }) };
  }

  async readFault(read: PlannedRead): Promise<ReadFault | undefined> {
    const statements = readProbe({ ...read, iamRole: read.iamRole ?? this.#iamRole }, now());
    const state = await this.#ended(await this.#api.execute({ statements }, `mr-look-${now()}r`));
    if (state.transient !== undefined) throw new EtlError('Unavailable', state.message ?? 'the look failed');
    return whatStopped(state.message ?? state.status);
  }

  /** Only provisioned clusters say how many they have. */
  async #slices(): Promise<number | undefined> {
    try {
      const [row] = await this.#api.query('SELECT COUNT(*) AS slices FROM stv_slices', `mr-look-${now()}s`);
      return Number(row?.['slices']) || undefined;
    } catch (error) {
      if (error instanceof EtlError && error.type === 'Rejected') return undefined;
      throw error;
    }
  }

  async #catalogs(names: readonly TableName[], as: string): Promise<Catalog[]> {
    const rows: Row[] = [];
    for (let at = 0; at < names.length; at += TABLES_AT_ONCE) {
      const some = names.slice(at, at + TABLES_AT_ONCE);
      const different = [...new Map(some.map((name) => [name.full, name])).values()];
      rows.push(...(await this.#api.query(different.map(catalogQuery).join(' UNION ALL '), `${as}${at}`)));
    }
    return names.map(({ full }) =>
      readCatalog(
        rows.filter(({ target }) => target === full),
        full,
      ),
    );
  }

  async #catalog(target: TableName, key: string): Promise<Catalog> {
    return readCatalog(await this.#api.query(catalogQuery(target), `${key}-c${now()}`), target.full);
  }

  /** Others may do the same at the same time: then one of the two is rolled back, and finds all there. */
  async #make(statements: string[], key: string): Promise<void> {
    if (statements.length === 0) return;
    const id = await this.#api.execute({ statements }, `${key}-m${now()}`);
    const state = await this.#ended(id);
    if (state.status === 'done') return;
    const type = state.transient === undefined ? 'Rejected' : 'Unavailable';
    throw new EtlError(type, `can't make the ledger: ${state.message ?? state.status}`);
  }

  /** Waits for a statement of our own, which is over soon. */
  async #ended(id: string): Promise<WorkState> {
    for (;;) {
      const state = stateOf(await this.#send('describe a statement', () => this.#api.describe(id, 20)));
      if (hasEnded(state.status)) return state;
    }
  }

  /** Of these, the ones that are under way. */
  async #listOpen(ids: ReadonlySet<string>): Promise<Map<string, WorkState>> {
    const open = new Map<string, WorkState>();
    let pages = 0;
    let seen = 0;
    for await (const page of this.#api.list('mr-')) {
      for (const { Id = '', Status } of page) {
        if (!ids.has(Id)) continue;
        seen += 1;
        const state = stateOf({ Id, Status });
        if (!hasEnded(state.status)) open.set(Id, state);
      }
      if ((pages += 1) >= MOST_PAGES || seen === ids.size) break;
    }
    return open;
  }

  /** What is wrong with this statement alone is its state; what is wrong with the connection is thrown. */
  async #state(id: string): Promise<WorkState | EtlError | undefined> {
    try {
      return this.#polls.note(id, await this.#api.describe(id));
    } catch (error) {
      if (isUnknown(error)) return undefined;
      const failure = fromAwsError(error, `describe statement ${id}`);
      if (FAILURE[failure.type].retryable) throw failure;
      return failure;
    }
  }

  async #isOpen(id: string): Promise<boolean> {
    const state = await this.#state(id);
    if (state instanceof EtlError) throw state;
    return state !== undefined && !hasEnded(state.status);
  }

  async #describe(id: string) {
    return this.#polls.ended(id) ?? this.#send('describe a statement', () => this.#api.describe(id));
  }

  async #send<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw fromAwsError(error, doing);
    }
  }
}

/** Makes the name of a look that is asked anew each time: an old look's answer would be an old truth. */
const now = (): string => Date.now().toString(36);
