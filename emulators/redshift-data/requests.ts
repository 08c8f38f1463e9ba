import { z } from 'zod';
import { SESSION_STATUSES } from './sessions.ts';
import { STATUSES } from './statement.ts';

/*
 * The requests of the Data API with its limits.
 * https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html#data-api-calling-considerations
 */

const MAX_SQL_BYTES = 100 * 1024;
const MAX_BATCH = 40;

const Sql = z
  .string()
  .refine((sql) => sql.trim().length > 0, 'must not be blank')
  .refine((sql) => Buffer.byteLength(sql) <= MAX_SQL_BYTES, 'must have at most 100 KB');

const uuid = z.string().regex(/^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}$/, 'must be a UUID');

const waitSeconds = z.int().min(1).max(30).optional();

/** What says where to connect: a workgroup or a cluster. */
export const Connection = z.object({
  WorkgroupName: z.string().min(1).optional(),
  ClusterIdentifier: z.string().min(1).optional(),
  Database: z.string().min(1).optional(),
  SecretArn: z.string().optional(),
  DbUser: z.string().optional(),
});

const Execution = Connection.extend({
  Parameters: z
    .array(z.object({ name: z.string().min(1), value: z.string().min(1) }))
    .min(1)
    .optional(),
  StatementName: z.string().max(500).optional(),
  ClientToken: z.string().min(1).max(64).optional(),
  WithEvent: z.boolean().optional(),
  ResultFormat: z.enum(['JSON', 'CSV']).default('JSON'),
  WaitTimeSeconds: waitSeconds,
  SessionId: uuid.optional(),
  SessionKeepAliveSeconds: z.int().min(0).max(86_400).optional(),
});

export const ExecuteStatement = Execution.extend({ Sql });

export const BatchExecuteStatement = Execution.extend({
  Sqls: z.array(Sql).min(1).max(MAX_BATCH),
  ExecutionMode: z.enum(['TRANSACTION', 'AUTO_COMMIT']).default('TRANSACTION'),
});

const Id = z
  .string()
  .regex(/^[a-z0-9]{8}(-[a-z0-9]{4}){3}-[a-z0-9]{12}(:\d+)?$/, 'must be a UUID, or UUID:number');

const token = z.string().optional();

const pageSize = (most: number) => z.int().min(0).max(most).default(most);

export const DescribeStatement = z.object({ Id, WaitTimeSeconds: waitSeconds });

export const GetStatementResult = z.object({ Id, NextToken: token, WaitTimeSeconds: waitSeconds });

export const CancelStatement = z.object({ Id });

export const ListStatements = z.object({
  WorkgroupName: z.string().optional(),
  ClusterIdentifier: z.string().optional(),
  Database: z.string().optional(),
  StatementName: z.string().max(500).optional(),
  Status: z.enum(['ALL', ...STATUSES]).optional(),
  RoleLevel: z.boolean().optional(),
  MaxResults: pageSize(100),
  NextToken: token,
});

export const ListSessions = z.object({
  SessionId: uuid.optional(),
  Status: z.enum(SESSION_STATUSES).optional(),
  WorkgroupName: z.string().optional(),
  ClusterIdentifier: z.string().optional(),
  Database: z.string().optional(),
  RoleLevel: z.boolean().optional(),
  MaxResults: pageSize(100),
  NextToken: token,
});

export const ListDatabases = Connection.extend({ MaxResults: pageSize(1000), NextToken: token });

export const ListSchemas = ListDatabases.extend({
  SchemaPattern: z.string().optional(),
  ConnectedDatabase: z.string().optional(),
});

export const ListTables = ListSchemas.extend({ TablePattern: z.string().optional() });

export const DescribeTable = ListDatabases.extend({
  Schema: z.string().optional(),
  Table: z.string(),
  ConnectedDatabase: z.string().optional(),
});
