import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  ActivatePipelineCommand,
  CreatePipelineCommand,
  DeactivatePipelineCommand,
  DeletePipelineCommand,
  DescribeObjectsCommand,
  DescribePipelinesCommand,
  GetPipelineDefinitionCommand,
  PutPipelineDefinitionCommand,
  QueryObjectsCommand,
  ValidatePipelineDefinitionCommand,
} from '@aws-sdk/client-data-pipeline';
import { object, onDemand, shell, startWorld, until, type World } from './data-pipeline-world.ts';

const execute = promisify(execFile);

let world: World;
beforeAll(async () => void (world = await startWorld()));
afterAll(() => world?.stop());

const activate = (pipelineId: string) => world.client.send(new ActivatePipelineCommand({ pipelineId }));

const ids = async (pipelineId: string, sphere = 'INSTANCE'): Promise<string[]> =>
  (await world.client.send(new QueryObjectsCommand({ pipelineId, sphere }))).ids ?? [];

/** An object's fields as a record. */
async function fields(
  pipelineId: string,
  id: string,
  evaluateExpressions = false,
): Promise<Record<string, string>> {
  const { pipelineObjects } = await world.client.send(
    new DescribeObjectsCommand({ pipelineId, objectIds: [id], evaluateExpressions }),
  );
  return Object.fromEntries(
    (pipelineObjects?.[0]?.fields ?? []).map(({ key, stringValue, refValue }) => [
      key,
      stringValue ?? refValue ?? '',
    ]),
  );
}

const statuses = async (pipelineId: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      (await ids(pipelineId)).map(async (id) => {
        const { '@componentParent': name = '', '@status': status = '' } = await fields(pipelineId, id);
        return [name, status];
      }),
    ),
  );

const untilStatuses = (pipelineId: string, wanted: Record<string, string>) =>
  until(async () => {
    const found = await statuses(pipelineId);
    return Object.entries(wanted).every(([name, status]) => found[name] === status);
  });

const stateOf = async (pipelineId: string) => {
  const { pipelineDescriptionList } = await world.client.send(
    new DescribePipelinesCommand({ pipelineIds: [pipelineId] }),
  );
  return pipelineDescriptionList?.[0]?.fields?.find(({ key }) => key === '@pipelineState')?.stringValue;
};

describe('definitions', () => {
  test('says what it is', async () => {
    await expect((await fetch(world.url)).text()).resolves.toContain(
      "Millrace's local stand-in for AWS Data Pipeline",
    );
  });

  test('creates a pipeline once for a name and unique ID', async () => {
    const request = { name: 'same', uniqueId: 'token' };
    const { pipelineId } = await world.client.send(new CreatePipelineCommand(request));
    expect(pipelineId).toMatch(/^df-[0-9A-Z]{20}$/);
    expect(await world.client.send(new CreatePipelineCommand(request))).toMatchObject({ pipelineId });
    const other = await world.client.send(new CreatePipelineCommand({ ...request, uniqueId: 'other' }));
    expect(other.pipelineId).not.toBe(pipelineId);
    await expect(stateOf(pipelineId ?? '')).resolves.toBe('PENDING');
  });

  test('stores a definition with errors, tells them, and refuses to activate it', async () => {
    const { pipelineId } = await world.client.send(
      new CreatePipelineCommand({ name: 'bad', uniqueId: 'bad' }),
    );
    const pipelineObjects = [
      object('Default', { scheduleType: 'cron' }),
      object('Copy', { type: 'CopyActivity' }),
      object('Load', { type: 'SqlActivity', database: { ref: 'Nowhere' }, script: 'select #{myDay}' }),
      shell('A', 'true', { workerGroup: 'w', dependsOn: { ref: 'B' } }),
      shell('B', 'true', { workerGroup: 'w', dependsOn: { ref: 'A' }, onFail: { ref: 'A' } }),
    ];
    const put = await world.client.send(new PutPipelineDefinitionCommand({ pipelineId, pipelineObjects }));
    expect(put.errored).toBe(true);
    expect(Object.fromEntries((put.validationErrors ?? []).map(({ id, errors }) => [id, errors]))).toEqual({
      Default: [expect.stringContaining("'scheduleType' has to be 'ondemand'")],
      Copy: [expect.stringContaining("'type' is 'CopyActivity'")],
      Load: [
        "MISSING_FIELD: 'runsOn' or 'workerGroup' is required.",
        "Object references invalid id: 'Nowhere' in 'database'.",
        expect.stringContaining('#{myDay}'),
      ],
      A: ["CYCLE: 'A' depends on itself."],
      B: ["CYCLE: 'B' depends on itself."],
    });
    expect(put.validationWarnings).toEqual([
      { id: 'B', warnings: ["'onFail' is ignored by this stand-in."] },
    ]);
    await expect(activate(pipelineId ?? '')).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining('Pipeline definition has errors'),
    });
    const checked = await world.client.send(
      new ValidatePipelineDefinitionCommand({ pipelineId, pipelineObjects: [onDemand, shell('A', 'true')] }),
    );
    expect(checked.errored).toBe(false);
  });

  test('does not store what has an empty field', async () => {
    const pipelineId = await world.create('kept', [onDemand, shell('A', 'true')]);
    await expect(
      world.client.send(
        new PutPipelineDefinitionCommand({
          pipelineId,
          pipelineObjects: [object('Default', { workerGroup: '' })],
        }),
      ),
    ).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringContaining('FATAL') });
    const { pipelineObjects } = await world.client.send(new GetPipelineDefinitionCommand({ pipelineId }));
    expect(pipelineObjects?.map(({ id }) => id)).toEqual(['Default', 'A']);
  });

  test('shows no secret', async () => {
    const pipelineId = await world.create('secret', [onDemand, world.redshift]);
    const definition = await world.client.send(new GetPipelineDefinitionCommand({ pipelineId }));
    expect(JSON.stringify(definition)).not.toContain('not-looked-at');
    expect(await fields(pipelineId, 'Warehouse', true)).toMatchObject({
      '*password': '*****',
      username: 'etl',
    });
  });

  test('tells a pipeline that is gone from one that never was', async () => {
    const pipelineId = await world.create('gone', [onDemand]);
    await world.client.send(new DeletePipelineCommand({ pipelineId }));
    await expect(stateOf(pipelineId)).rejects.toMatchObject({ name: 'PipelineDeletedException' });
    await expect(stateOf('df-X')).rejects.toMatchObject({ name: 'PipelineNotFoundException' });
  });

  test('describes at most 25 objects at once', async () => {
    const pipelineId = await world.create('many', [onDemand]);
    const objectIds = Array.from({ length: 26 }, (_, index) => `x${index}`);
    await expect(
      world.client.send(new DescribeObjectsCommand({ pipelineId, objectIds })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });
});

describe('runs', () => {
  test('runs activities in the order of their needs, on a resource', async () => {
    const out = path.join(world.folder, 'order');
    const pipelineId = await world.create('ordered', [
      object('Default', { scheduleType: 'ondemand', runsOn: { ref: 'Machine' } }),
      object('Machine', { type: 'Ec2Resource', instanceType: 't1.micro' }),
      shell('Second', 'echo "second $1" >> $2', {
        dependsOn: { ref: 'First' },
        scriptArgument: ['a b', out],
      }),
      shell('First', `echo first >> ${out}`),
      shell('Third', `test "$(cat ${out})" = "first\nsecond a b"`, { dependsOn: { ref: 'Second' } }),
    ]);
    await activate(pipelineId);
    await untilStatuses(pipelineId, {
      First: 'FINISHED',
      Second: 'FINISHED',
      Third: 'FINISHED',
      Machine: 'FINISHED',
    });
    await expect(stateOf(pipelineId)).resolves.toBe('SCHEDULED');
  });

  test('a dependent of a failure fails in a cascade only where it says so, and else waits', async () => {
    const pipelineId = await world.create('cascade', [
      onDemand,
      shell('Bad', 'echo oh dear >&2; exit 3'),
      shell('Falls', 'true', { dependsOn: { ref: 'Bad' }, failureAndRerunMode: 'CASCADE' }),
      shell('Waits', 'true', { dependsOn: { ref: 'Bad' } }),
    ]);
    await activate(pipelineId);
    await untilStatuses(pipelineId, {
      Bad: 'FAILED',
      Falls: 'CASCADE_FAILED',
      Waits: 'WAITING_ON_DEPENDENCIES',
    });
    const [bad = ''] = await ids(pipelineId);
    expect(await fields(pipelineId, bad)).toMatchObject({
      errorMessage: 'the command ended with exit code 3: oh dear',
      '@sphere': 'INSTANCE',
      type: 'ShellCommandActivity',
      '@headAttempt': `${bad}_Attempt=1`,
      '@actualEndTime': expect.any(String),
    });
  });

  test('tries again up to maximumRetries, and keeps each attempt', async () => {
    const flag = path.join(world.folder, 'tried');
    const pipelineId = await world.create('retries', [
      onDemand,
      shell('Flaky', `test -e ${flag} || { touch ${flag}; exit 1; }`, { maximumRetries: '2' }),
    ]);
    await activate(pipelineId);
    await untilStatuses(pipelineId, { Flaky: 'FINISHED' });
    const attempts = await ids(pipelineId, 'ATTEMPT');
    expect(await Promise.all(attempts.map(async (id) => (await fields(pipelineId, id))['@status']))).toEqual([
      'FAILED',
      'FINISHED',
    ]);
  });

  test('an activation cancels the one that runs, and runs again', async () => {
    const pids = path.join(world.folder, 'pids');
    await world.sql.query('create table beats (n int)');
    const pipelineId = await world.create('again', [
      onDemand,
      world.redshift,
      shell('Shell', `echo $$ >> ${pids}; sleep 300 & wait`),
      object('Sql', {
        type: 'SqlActivity',
        database: { ref: 'Warehouse' },
        script: 'insert into beats values (1); select pg_sleep(300)',
      }),
    ]);
    const running = { Shell: 'RUNNING', Sql: 'RUNNING' };
    const sleeping = async () =>
      (
        await world.sql.query(
          `select 1 from pg_stat_activity where query like '%pg_sleep(300)%' and pid <> pg_backend_pid()`,
        )
      ).rowCount;

    await activate(pipelineId);
    await untilStatuses(pipelineId, running);
    await until(async () => (await sleeping()) === 1);
    const first = await ids(pipelineId);

    await activate(pipelineId);
    const second = await until(async () => {
      const fresh = (await ids(pipelineId)).filter((id) => !first.includes(id));
      return fresh.length === 2 && fresh;
    });
    for (const id of first) expect((await fields(pipelineId, id))['@status']).toBe('CANCELED');
    await until(async () => (await sleeping()) === 1);
    expect((await world.sql.query('select * from beats')).rowCount).toBe(0);

    await world.client.send(new DeactivatePipelineCommand({ pipelineId }));
    await until(async () => (await stateOf(pipelineId)) === 'INACTIVE');
    for (const id of second) expect((await fields(pipelineId, id))['@status']).toBe('CANCELED');
    expect(await sleeping()).toBe(0);
    const { stdout } = await execute('/bin/sh', [
      '-c',
      `for p in $(cat ${pids}); do kill -0 $p 2>&1; done; true`,
    ]);
    expect(stdout.match(/No such process/gi)?.length ?? 0).toBe(2);
  });

  test('a script takes arguments for its question marks', async () => {
    const pipelineId = await world.create('arguments', [
      onDemand,
      object('Db', {
        type: 'JdbcDatabase',
        connectionString: world.jdbc,
        jdbcDriverClass: 'org.postgresql.Driver',
        username: String(world.sql.options.user),
        '*password': String(world.sql.options.password),
      }),
      object('Sql', {
        type: 'SqlActivity',
        database: { ref: 'Db' },
        script: `create table asked as select '?' as mark, ?::text as who`,
        scriptArgument: ["O'Hare"],
      }),
    ]);
    await activate(pipelineId);
    await untilStatuses(pipelineId, { Sql: 'FINISHED' });
    expect((await world.sql.query('select * from asked')).rows).toEqual([{ mark: '?', who: "O'Hare" }]);
  });
});

describe('aws, the command line', () => {
  const aws = path.resolve('.millrace/python/bin/aws');
  const env = {
    PATH: process.env['PATH'] ?? '',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const run = async (...args: string[]): Promise<string> => {
    if (!existsSync(aws)) throw new Error(`${aws} is missing; npm run setup installs it`);
    const { stdout } = await execute(aws, ['datapipeline', '--endpoint-url', world.url, ...args], { env });
    return stdout;
  };
  const json = async (...args: string[]) => JSON.parse(await run(...args, '--output', 'json'));

  test('creates, defines, activates and follows a pipeline', async () => {
    const { pipelineId: id } = await json('create-pipeline', '--name', 'by-cli', '--unique-id', 'by-cli');
    const definition = JSON.stringify({
      objects: [
        { id: 'Default', scheduleType: 'ondemand', workerGroup: 'local' },
        {
          id: 'Db',
          type: 'RedshiftDatabase',
          clusterId: 'local',
          databaseName: 'postgres',
          username: 'etl',
          '*password': 'x',
        },
        {
          id: 'RunExport',
          type: 'SqlActivity',
          database: { ref: 'Db' },
          script: "create table by_cli as select '#{myDay}' as day, #{myLimit} as n",
        },
      ],
      parameters: [
        { id: 'myDay', type: 'String' },
        { id: 'myLimit', type: 'Integer', default: '7' },
      ],
    });
    const put = await json(
      'put-pipeline-definition',
      '--pipeline-id',
      id,
      '--pipeline-definition',
      definition,
    );
    expect(put).toMatchObject({ errored: false });
    expect(await json('list-pipelines')).toMatchObject({
      pipelineIdList: expect.arrayContaining([{ id, name: 'by-cli' }]),
    });

    await run('activate-pipeline', '--pipeline-id', id, '--parameter-values', 'myDay=2001-01-05');
    await untilStatuses(id, { RunExport: 'FINISHED' });
    expect((await world.sql.query('select * from by_cli')).rows).toEqual([{ day: '2001-01-05', n: 7 }]);

    const { ids: found } = await json('query-objects', '--pipeline-id', id, '--sphere', 'INSTANCE');
    expect(found).toEqual([expect.stringMatching(/^@RunExport_/)]);
    const described = await json(
      ...['describe-objects', '--pipeline-id', id, '--object-ids', found[0], '--evaluate-expressions'],
    );
    expect(described.pipelineObjects[0].fields).toContainEqual({
      key: 'script',
      stringValue: "create table by_cli as select '2001-01-05' as day, 7 as n",
    });
    expect(
      await json('get-pipeline-definition', '--pipeline-id', id, '--pipeline-version', 'active'),
    ).toMatchObject({
      values: { myDay: '2001-01-05' },
    });

    expect(await run('list-runs', '--pipeline-id', id)).toMatch(/1\. {2}RunExport .*FINISHED/);
    expect(await json('list-runs', '--pipeline-id', id, '--status', 'running')).toEqual([]);
  });
});
