import type { EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootstrap, DATABASE, statementsConnection, USER } from './bootstrap.ts';
import { Endpoint } from './endpoint.ts';
import { createEvents, eventBridgeOf } from './events.ts';
import { Faults } from './faults.ts';
import { createOperations } from './operations.ts';
import { startPostgres } from './postgres.ts';
import { Runner } from './runner.ts';
import { s3Clients } from './s3.ts';
import { Sessions } from './sessions.ts';
import { serve } from './server.ts';
import { Statements } from './statements.ts';

export interface RedshiftDataOptions {
  /** Of the Data API; without it a free one. */
  port?: number;
  /** Where the tables are kept; without it a temporary folder that goes at stop. */
  dataDir?: string;
  /** How COPY reaches S3; without it as the AWS SDK's own environment variables say. */
  s3?: S3ClientConfig;
  /** Where `WithEvent` sends; without it as the environment says, and never to AWS. */
  eventBridge?: EventBridgeClientConfig;
  log?: (line: string) => void;
}

export interface RedshiftData {
  /** Of the Data API, for AWS_ENDPOINT_URL_REDSHIFT_DATA. */
  url: string;
  workgroup: string;
  database: string;
  /** The same warehouse for a JDBC or PostgreSQL client, which speaks PostgreSQL's SQL there. */
  jdbc: string;
  user: string;
  password: string;
  /** Reboots the warehouse: statements that run fail, the API and the data stay. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const WORKGROUP = 'local';

/** Starts a local stand-in for Amazon Redshift's Data API: a real PostgreSQL that takes Redshift's SQL. */
export const startRedshiftData = async (options: RedshiftDataOptions = {}): Promise<RedshiftData> => {
  const log = options.log ?? (() => {});
  const folder = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'millrace-redshift-data-')));
  const removeFolder = async () => {
    if (!options.dataDir) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  const undo: (() => Promise<unknown>)[] = [removeFolder];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const postgres = await startPostgres(folder, log);
    undo.push(() => postgres.stop());
    const password = await bootstrap(postgres);
    const userConnection = (database: string) => ({ ...postgres.connection(database), user: USER, password });
    const statements = await Statements.open(statementsConnection(postgres));
    undo.push(() => statements.close());
    const events = createEvents(options.eventBridge ?? eventBridgeOf(process.env), log);
    undo.push(async () => events.close());
    const faults = new Faults(() => postgres.restart());
    const sessions = new Sessions();
    const runner = new Runner({
      statements,
      sessions,
      events,
      faults,
      results: statements.results,
      userConnection,
      adminConnection: (database) => postgres.connection(database),
      s3: s3Clients(options.s3 ?? {}),
    });
    undo.push(() => runner.close());
    const endpoint = new Endpoint(WORKGROUP, DATABASE, userConnection);
    const operations = createOperations({ endpoint, statements, sessions, runner });
    const restart = () => postgres.restart();
    const server = await serve({ operations, faults, restart, log }, options.port ?? 0);
    undo.push(async () => server.stop());
    return {
      url: server.url,
      workgroup: WORKGROUP,
      database: DATABASE,
      jdbc: `jdbc:postgresql://127.0.0.1:${postgres.port}/${DATABASE}`,
      user: USER,
      password,
      restart: () => postgres.restart(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
