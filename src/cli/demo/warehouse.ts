import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  type RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import type { Servers } from '../stack/servers.ts';

export const TABLE = 'public.route_delays';

const TABLES = [
  `CREATE TABLE IF NOT EXISTS ${TABLE} (day date, origin varchar, destination varchar, flights int, ` +
    'mean_delay double precision, max_delay int)',
  'CREATE TABLE IF NOT EXISTS public.route_export (day date, routes bigint, flights bigint)',
];

/** The demo's own look at the warehouse, over the same API that the pipeline uses. */
export class DemoWarehouse {
  readonly #client: RedshiftDataClient;
  readonly #target: { WorkgroupName: string; Database: string };

  constructor(client: RedshiftDataClient, { workgroup, database }: Servers['warehouse']) {
    this.#client = client;
    this.#target = { WorkgroupName: workgroup, Database: database };
  }

  async createTables(): Promise<void> {
    for (const table of TABLES) await this.run(table);
  }

  async run(sql: string): Promise<void> {
    const { Id } = await this.#client.send(new ExecuteStatementCommand({ ...this.#target, Sql: sql }));
    await this.#end(Id);
  }

  /** The rows of a query, as texts. */
  async rows(sql: string): Promise<string[][]> {
    const { Id } = await this.#client.send(new ExecuteStatementCommand({ ...this.#target, Sql: sql }));
    await this.#end(Id);
    const { Records = [] } = await this.#client.send(new GetStatementResultCommand({ Id }));
    return Records.map((fields) =>
      fields.map(
        ({ stringValue, longValue, doubleValue }) => stringValue ?? String(longValue ?? doubleValue ?? ''),
      ),
    );
  }

  async #end(Id: string | undefined): Promise<void> {
    for (;;) {
      const { Status, Error: error } = await this.#client.send(new DescribeStatementCommand({ Id }));
      if (Status === 'FINISHED') return;
      if (Status === 'FAILED' || Status === 'ABORTED')
        throw new Error(`the warehouse refused: ${error ?? Status}`);
      await sleep(50);
    }
  }
}
