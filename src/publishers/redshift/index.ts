import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListStatementsCommand,
  type RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import { fromAwsError } from '../../aws-error.ts';
import { EtlError, FAILURE } from '../../domain/failure.ts';
import { hasEnded } from '../../domain/state.ts';
import type { BatchResult, StatementBatch, Submission, Warehouse, WorkRef, WorkState } from '../../ports.ts';
import { publishPlan } from './publish.ts';
import { toRow } from './rows.ts';
import { stateOf } from './statement.ts';

/** Which database, as the Data API wants to be told. */
export interface Target {
  WorkgroupName?: string;
  ClusterIdentifier?: string;
  Database: string;
  SecretArn?: string;
  DbUser?: string;
}

const HOUR_MS = 3_600_000;
/** What the API says of a statement that it doesn't know, and of an ID that is none, as somebody may adopt one. */
const UNKNOWN = ['ResourceNotFoundException', 'ValidationException'];
/** One long poll; the API allows 30 s. */
const LONG_POLL_SECONDS = 20;

/** Amazon Redshift through its Data API: https://docs.aws.amazon.com/redshift-data/latest/APIReference/ */
export class RedshiftWarehouse implements Warehouse {
  /** Statements can be listed for 24 hours; an hour is kept in hand. */
  readonly keyMemoryMs = 23 * HOUR_MS;
  readonly lookAfterMs: number;
  readonly #client: RedshiftDataClient;
  readonly #target: Target;
  readonly #iamRole: string | undefined;

  constructor(
    client: RedshiftDataClient,
    target: Target,
    iamRole: string | undefined,
    requestTimeoutMs: number,
  ) {
    this.#client = client;
    this.#target = target;
    this.#iamRole = iamRole;
    this.lookAfterMs = requestTimeoutMs;
  }

  async submit({ statements }: StatementBatch, key: string): Promise<Submission> {
    // A client token is good for 8 hours, a statement's name for 24: so the name is looked up first.
    const before = await this.find(key);
    if (before) return { ...before, found: true };
    const common = { ...this.#target, StatementName: key, ClientToken: key };
    const [only, ...more] = statements;
    if (only === undefined) throw new EtlError('Rejected', 'there is no statement in the query');
    const command =
      more.length === 0
        ? new ExecuteStatementCommand({ ...common, Sql: only })
        : new BatchExecuteStatementCommand({ ...common, Sqls: statements });
    const { Id } = await this.#send('submit a statement', () =>
      this.#client.send(command as ExecuteStatementCommand),
    );
    return { id: known(Id), key, found: false };
  }

  async find(key: string): Promise<WorkRef | undefined> {
    const { ClusterIdentifier, WorkgroupName, Database } = this.#target;
    const where = {
      Database,
      ...(ClusterIdentifier !== undefined && { ClusterIdentifier }),
      ...(WorkgroupName !== undefined && { WorkgroupName }),
    };
    for (let NextToken: string | undefined; ;) {
      const command = new ListStatementsCommand({ ...where, StatementName: key, Status: 'ALL', NextToken });
      const page = await this.#send('list statements', () => this.#client.send(command));
      // The API matches by prefix.
      const found = page.Statements?.find(({ StatementName }) => StatementName === key);
      if (found) return { id: known(found.Id), key };
      if (!page.NextToken) return undefined;
      ({ NextToken } = page);
    }
  }

  async poll(refs: readonly WorkRef[]): Promise<Map<string, WorkState | EtlError>> {
    const states = await Promise.all(refs.map(async ({ id }) => [id, await this.#state(id)] as const));
    return new Map(states.flatMap(([id, state]) => (state === undefined ? [] : [[id, state]])));
  }

  /** Long polls, so that the end is known when it comes. */
  watch(ref: WorkRef, wake: () => void): () => void {
    const stop = new AbortController();
    const look = async () => {
      const command = new DescribeStatementCommand({ Id: ref.id, WaitTimeSeconds: LONG_POLL_SECONDS });
      for (;;) {
        const askedAt = Date.now();
        const answer = await this.#client.send(command, { abortSignal: stop.signal });
        if (hasEnded(stateOf(answer).status)) return wake();
        // A server that answers at once knows no long polls.
        if (Date.now() - askedAt < 1_000) await pause(1_000, undefined, { signal: stop.signal });
      }
    };
    // Whatever goes wrong here, the poll finds out and says.
    look().catch(() => {});
    return () => stop.abort();
  }

  async cancel(ref: WorkRef): Promise<void> {
    if (!(await this.#isOpen(ref.id))) return;
    try {
      await this.#client.send(new CancelStatementCommand({ Id: ref.id }));
    } catch (error) {
      // It may have ended in the meantime, which the look below shows.
      if (!/not in running|already|finished/i.test(String(error)))
        throw fromAwsError(error, `cancel ${ref.id}`);
    }
    if (await this.#isOpen(ref.id)) {
      throw new EtlError('Unavailable', `statement ${ref.id} is still under way after its cancellation`);
    }
  }

  async result(ref: WorkRef): Promise<BatchResult> {
    const describe = new DescribeStatementCommand({ Id: ref.id });
    const answer = await this.#send('describe a statement', () => this.#client.send(describe));
    const all = answer.SubStatements?.length ? answer.SubStatements : [answer];
    // For a query, ResultRows counts the rows of its answer; for anything else, those that it changed.
    const rowsAffected = all.reduce(
      (sum, { HasResultSet, ResultRows = 0 }) => (HasResultSet ? sum : sum + Math.max(0, ResultRows)),
      0,
    );
    const last = all.findLast(({ HasResultSet }) => HasResultSet);
    return { rowsAffected, row: last?.Id === undefined ? null : await this.#firstRow(last.Id) };
  }

  publishPlan(request: Parameters<Warehouse['publishPlan']>[0]) {
    return publishPlan(request, this.#iamRole);
  }

  async #firstRow(id: string) {
    const command = new GetStatementResultCommand({ Id: id });
    const { ColumnMetadata = [], Records } = await this.#send('read a result', () =>
      this.#client.send(command),
    );
    const first = Records?.[0];
    return first ? toRow(ColumnMetadata, first) : null;
  }

  /** What is wrong with this statement alone is its state; what is wrong with the connection is thrown. */
  async #state(id: string): Promise<WorkState | EtlError | undefined> {
    try {
      return stateOf(await this.#client.send(new DescribeStatementCommand({ Id: id })));
    } catch (error) {
      if (error instanceof Error && UNKNOWN.includes(error.name)) return undefined;
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

  async #send<T>(doing: string, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw fromAwsError(error, doing);
    }
  }
}

function known(id: string | undefined): string {
  if (id === undefined)
    throw new EtlError('Unexpected', 'the Redshift Data API answered without a statement ID');
  return id;
}
