import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  RedshiftDataClient,
  type Field,
  type RedshiftDataClientConfig,
} from '@aws-sdk/client-redshift-data';

export interface Cluster {
  clusterId: string;
  database: string;
  user: string;
}

const PENDING: readonly unknown[] = ['SUBMITTED', 'PICKED', 'STARTED'];

/** Redshift by its Data API, which is how a `clusterId` is reached here (on AWS it is by JDBC). */
export function createRedshift(config: RedshiftDataClientConfig) {
  const client = new RedshiftDataClient(config);

  const at = ({ clusterId, database, user }: Cluster) => ({
    ClusterIdentifier: clusterId,
    Database: database,
    DbUser: user,
  });

  /** Waits for the end; after an abort asks for the cancelling, and goes on waiting. */
  const ended = async (Id: string | undefined, signal: AbortSignal): Promise<void> => {
    const cancel = () => void client.send(new CancelStatementCommand({ Id })).catch(() => undefined);
    if (signal.aborted) cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      for (;;) {
        const state = await client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 1 }));
        if (PENDING.includes(state.Status)) continue;
        if (state.Status === 'FINISHED') return;
        throw new Error(state.Error ?? `the statement ended as ${state.Status}`);
      }
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };

  const execute = async (cluster: Cluster, Sql: string, args: string[], signal: AbortSignal) => {
    const Parameters = args.map((value, index) => ({ name: `arg${index + 1}`, value }));
    const given = args.length > 0 ? { Parameters } : {};
    const { Id } = await client.send(new ExecuteStatementCommand({ ...at(cluster), Sql, ...given }));
    await ended(Id, signal);
    return Id;
  };

  return {
    /** One statement, with `:arg1`, `:arg2` … for its arguments. */
    async run(cluster: Cluster, sql: string, args: string[], signal: AbortSignal): Promise<void> {
      await execute(cluster, sql, args, signal);
    },

    /** Statements as one transaction. */
    async transaction(cluster: Cluster, Sqls: string[], signal: AbortSignal): Promise<void> {
      const { Id } = await client.send(new BatchExecuteStatementCommand({ ...at(cluster), Sqls }));
      await ended(Id, signal);
    },

    async select(cluster: Cluster, sql: string, signal: AbortSignal): Promise<(string | null)[][]> {
      const Id = await execute(cluster, sql, [], signal);
      const rows: (string | null)[][] = [];
      for (let NextToken: string | undefined; ;) {
        const page = await client.send(new GetStatementResultCommand({ Id, NextToken }));
        rows.push(...(page.Records ?? []).map((record) => record.map(asText)));
        NextToken = page.NextToken;
        if (NextToken === undefined) return rows;
      }
    },

    close: (): void => client.destroy(),
  };
}

export type Redshift = ReturnType<typeof createRedshift>;

function asText(field: Field): string | null {
  if (field.isNull) return null;
  const [value] = Object.values(field) as unknown[];
  return String(value);
}
