import { PutRuleCommand, PutTargetsCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  GetStatementResultCommand,
  GetStatementResultV2Command,
  ListSessionsCommand,
  ListStatementsCommand,
} from '@aws-sdk/client-redshift-data';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Sessions } from '../../emulators/redshift-data/sessions.ts';
import { describe, expect, test } from '@jest/globals';
import { aws, type S3, type Warehouse, withWarehouse } from './redshift-data-world.ts';

const AT = { WorkgroupName: 'local', Database: 'dev' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let s3: S3;
let warehouse: Warehouse;
withWarehouse((world) => ({ s3, warehouse } = world));

const execute = (input: Partial<ExecuteStatementCommandInput>) =>
  warehouse.client.send(
    new ExecuteStatementCommand({
      ...(!input.SessionId && AT),
      WaitTimeSeconds: 30,
      Sql: 'SELECT 1',
      ...input,
    }),
  );
const status = async (Id: string) =>
  (await warehouse.client.send(new DescribeStatementCommand({ Id }))).Status;

describe('sessions of the stand-in for the Redshift Data API', () => {
  const open = async (keepAlive = 600) => {
    const { SessionId } = await execute({
      SessionKeepAliveSeconds: keepAlive,
      Sql: 'CREATE TABLE #mine (n int)',
    });
    return SessionId!;
  };

  test('temporary tables and settings outlive a statement, and are nobody else’s', async () => {
    const SessionId = await open();
    await execute({ SessionId, Sql: 'INSERT INTO #mine VALUES (7)' });
    await execute({ SessionId, Sql: `SET query_group TO 'mine'` });
    const { Id, HasResultSet, Status } = await execute({ SessionId, Sql: 'SELECT n FROM #mine' });
    expect({ Status, HasResultSet }).toEqual({ Status: 'FINISHED', HasResultSet: true });
    expect(await warehouse.rowsOf(Id!)).toEqual([[7]]);
    const shown = await execute({ SessionId, Sql: 'SHOW query_group' });
    expect(await warehouse.rowsOf(shown.Id!)).toEqual([['mine']]);
    expect((await warehouse.run('SELECT n FROM #mine')).Error).toMatch(/"#mine" does not exist/);
    expect(await warehouse.client.send(new DescribeStatementCommand({ Id }))).toMatchObject({
      SessionId,
      Database: 'dev',
    });
    const { Statements } = await warehouse.client.send(
      new ListStatementsCommand({ Status: 'ALL', MaxResults: 100 }),
    );
    expect(Statements!.filter((statement) => statement.SessionId === SessionId)).toHaveLength(5);
  });

  test('a transaction may span statements, COPY and UNLOAD included', async () => {
    await warehouse.run('CREATE TABLE spanned (n int)');
    await s3.put('spanned', '1\n2\n');
    const SessionId = await open();
    for (const Sql of [
      'BEGIN',
      `COPY spanned FROM 's3://lake/spanned' IAM_ROLE default`,
      `UNLOAD ('SELECT * FROM spanned') TO 's3://lake/out/' IAM_ROLE default`,
    ])
      expect(await execute({ SessionId, Sql })).toMatchObject({ Status: 'FINISHED' });
    expect(await warehouse.rows('SELECT count(*) FROM spanned')).toEqual([[0]]);
    await execute({ SessionId, Sql: 'ROLLBACK' });
    expect(await warehouse.rows('SELECT count(*) FROM spanned')).toEqual([[0]]);
    await execute({ SessionId, Sql: 'BEGIN' });
    await execute({ SessionId, Sql: 'INSERT INTO spanned VALUES (3)' });
    await execute({ SessionId, Sql: 'COMMIT' });
    expect(await warehouse.rows('SELECT n FROM spanned')).toEqual([[3]]);
    expect((await warehouse.run('BEGIN')).Error).toMatch(/BEGIN outside of a session/);
  });

  test('a session runs one statement at a time, and its statement can be cancelled', async () => {
    const SessionId = await open();
    const { Id } = await warehouse.client.send(
      new ExecuteStatementCommand({ SessionId, Sql: 'SELECT pg_sleep(60)' }),
    );
    while ((await status(Id!)) !== 'STARTED');
    await expect(execute({ SessionId })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/not available.*BUSY/),
    });
    const { Sessions } = await warehouse.client.send(new ListSessionsCommand({ SessionId }));
    expect(Sessions).toMatchObject([
      { SessionId, Status: 'BUSY', CurrentStatementId: Id, Database: 'dev', WorkgroupName: 'local' },
    ]);
    await warehouse.client.send(new CancelStatementCommand({ Id }));
    expect((await warehouse.ended(Id!)).Status).toBe('ABORTED');
    expect(await execute({ SessionId, Sql: 'SELECT count(*) FROM #mine' })).toMatchObject({
      Status: 'FINISHED',
    });
  });

  test('it ends when its time is over, and with the warehouse', async () => {
    const closed = async (SessionId: string) =>
      (await warehouse.client.send(new ListSessionsCommand({ SessionId, Status: 'CLOSED' }))).Sessions!
        .length > 0;
    const short = await open(1);
    while (!(await closed(short)));
    await expect(execute({ SessionId: short })).rejects.toMatchObject({ name: 'ValidationException' });
    const long = await open();
    await warehouse.server.restart();
    while (!(await closed(long)));
    const none = await open(0).catch(String);
    expect(none).toBeUndefined();
  });

  test('the same client token is the same statement in the same session', async () => {
    const input = {
      SessionKeepAliveSeconds: 60,
      ClientToken: 'session-once',
      Sql: 'CREATE TABLE #once (n int)',
    };
    const first = await execute(input);
    const second = await execute(input);
    expect([second.Id, second.SessionId]).toEqual([first.Id, first.SessionId]);
  });

  test('what is refused', async () => {
    const SessionId = await open();
    await expect(execute({ SessionId: '00000000-0000-4000-8000-000000000000' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(execute({ SessionId, Database: 'other' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(execute({ SessionKeepAliveSeconds: 86_401 })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });
});

describe('results of the stand-in for the Redshift Data API', () => {
  test('as CSV, by GetStatementResultV2 alone', async () => {
    const { Id } = await execute({
      Sql: `SELECT n, 'a,"b' AS s, NULL::int AS nothing FROM generate_series(1, 2) AS g(n)`,
      ResultFormat: 'CSV',
    });
    const answer = await warehouse.client.send(new GetStatementResultV2Command({ Id }));
    expect(answer).toMatchObject({
      ResultFormat: 'CSV',
      TotalNumRows: 2,
      Records: [{ CSVRecords: '1,"a,""b",\n2,"a,""b",' }],
    });
    await expect(warehouse.client.send(new GetStatementResultCommand({ Id }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('GetStatementResultV2'),
    });
  });

  test('a row of more than 64 KB is too large', async () => {
    expect((await warehouse.run(`SELECT repeat('x', 65536)`)).Error).toBeUndefined();
    expect((await warehouse.run(`SELECT repeat('x', 65537)`)).Error).toMatch(/Packet for query is too large/);
  });

  test('no rows are a result too', async () => {
    const { Id } = await execute({ Sql: 'SELECT 1 AS n WHERE false' });
    const answer = await warehouse.client.send(new GetStatementResultCommand({ Id }));
    expect(answer).toMatchObject({ TotalNumRows: 0, Records: [], ColumnMetadata: [{ name: 'n' }] });
  });
});

test('WithEvent tells EventBridge how a statement ended', async () => {
  const at = { endpoint: s3.endpoint, region: 'us-east-1', credentials };
  const sqs = new SQSClient(at);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'ended' }));
  const bridge = new EventBridgeClient(at);
  const EventPattern = JSON.stringify({ source: ['aws.redshift-data'] });
  await bridge.send(new PutRuleCommand({ Name: 'ended', EventPattern }));
  await bridge.send(
    new PutTargetsCommand({
      Rule: 'ended',
      Targets: [{ Id: 'queue', Arn: 'arn:aws:sqs:us-east-1:000000000000:ended' }],
    }),
  );
  bridge.destroy();

  const good = await warehouse.run('SELECT 1 AS n UNION ALL SELECT 2', {
    WithEvent: true,
    StatementName: 'told',
  });
  const bad = await warehouse.run(['SELECT 1', 'SELECT nothing'], { WithEvent: true });
  await warehouse.run('SELECT 3');
  const events: { detail: { statementId: string } }[] = [];
  while (events.length < 2) {
    const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, MaxNumberOfMessages: 10 });
    const { Messages = [] } = await sqs.send(receive);
    events.push(...Messages.map(({ Body }) => JSON.parse(Body!)));
  }
  sqs.destroy();
  expect(events).toHaveLength(2);
  const of = (id: string) => events.find(({ detail }) => detail.statementId === id)!;
  expect(of(good.Id!)).toMatchObject({
    source: 'aws.redshift-data',
    'detail-type': 'Redshift Data Statement Status Change',
    detail: { statementName: 'told', state: 'FINISHED', rows: 2, redshiftQueryId: good.RedshiftQueryId },
  });
  expect(of(bad.Id!).detail).toMatchObject({ state: 'FAILED' });
});

// A call of the CLI takes seconds, and many where the machine is busy.
test('the AWS CLI drives every operation', async () => {
  const cli = (...args: string[]) => aws(warehouse.server.url, ...args);
  const at = ['--workgroup-name', 'local', '--database', 'dev'];
  const { Id, SessionId } = await cli(
    ...['execute-statement', ...at, '--session-keep-alive-seconds', '3600', '--statement-name', 'cli'],
    ...['--sql', 'CREATE TABLE cli AS SELECT :n::int AS n', '--parameters', 'name=n,value=41'],
  );
  expect(await warehouse.ended(Id)).toMatchObject({ Status: 'FINISHED' });
  const batch = await cli(
    'batch-execute-statement',
    '--session-id',
    SessionId,
    '--sqls',
    'UPDATE cli SET n = n + 1',
    'SELECT n FROM cli',
  );
  await warehouse.ended(batch.Id);
  expect(await cli('describe-statement', '--id', batch.Id)).toMatchObject({ Status: 'FINISHED', SessionId });
  expect(await cli('get-statement-result', '--id', `${batch.Id}:2`)).toMatchObject({
    Records: [[{ longValue: 42 }]],
  });
  const [statements, sessions, databases, schemas, tables, table] = await Promise.all([
    cli('list-statements', '--statement-name', 'cli'),
    cli('list-sessions', '--session-id', SessionId),
    cli('list-databases', ...at),
    cli('list-schemas', ...at),
    cli('list-tables', ...at, '--table-pattern', 'cli'),
    cli('describe-table', ...at, '--table', 'cli'),
  ]);
  expect(statements.Statements).toMatchObject([{ Id, StatementName: 'cli' }]);
  expect(sessions.Sessions).toMatchObject([{ SessionId, Status: 'AVAILABLE' }]);
  expect(databases.Databases).toContain('dev');
  expect(schemas.Schemas).toContain('public');
  expect(tables.Tables).toMatchObject([{ name: 'cli', schema: 'public' }]);
  expect(table.ColumnList).toMatchObject([{ name: 'n', typeName: 'int4' }]);
  const sleeping = await warehouse.submit('SELECT pg_sleep(60)');
  expect(await cli('cancel-statement', '--id', sleeping)).toEqual({ Status: true });
  const csv = await cli('execute-statement', ...at, '--result-format', 'CSV', '--sql', 'SELECT 1, 2');
  await warehouse.ended(csv.Id);
  expect((await cli('get-statement-result-v2', '--id', csv.Id)).Records).toEqual([{ CSVRecords: '1,2' }]);
}, 600_000);

test('there are 500 sessions at the most', () => {
  const sessions = new Sessions();
  const of = {
    database: 'dev',
    dbUser: 'awsuser',
    workgroup: 'local',
    cluster: undefined,
    keepAliveSeconds: 60,
  };
  for (let n = 0; n < 500; n++) sessions.create(of);
  expect(() => sessions.create(of)).toThrow('Active sessions exceeded the allowed quota (500).');
});
