import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  CreatePipelineCommand,
  DeactivatePipelineCommand,
  DeletePipelineCommand,
  DescribeObjectsCommand,
  GetPipelineDefinitionCommand,
  PutPipelineDefinitionCommand,
  SetStatusCommand,
  ValidatePipelineDefinitionCommand,
} from '@aws-sdk/client-data-pipeline';
import { object, onDemand, shell, startWorld, until, type World } from './data-pipeline-world.ts';

const execute = promisify(execFile);

let world: World;
beforeAll(async () => void (world = await startWorld()));
afterAll(() => world?.stop());

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
    await expect(world.stateOf(pipelineId ?? '')).resolves.toBe('PENDING');
  });

  test('stores a definition with errors, tells them, and refuses to activate it', async () => {
    const { pipelineId } = await world.client.send(
      new CreatePipelineCommand({ name: 'bad', uniqueId: 'bad' }),
    );
    const pipelineObjects = [
      object('Default', { scheduleType: 'ondemand' }),
      object('Pig', { type: 'PigActivity' }),
      object('Load', { type: 'SqlActivity', database: { ref: 'Nowhere' }, script: 'select #{myDay}' }),
      shell('A', 'true', { workerGroup: 'w', dependsOn: { ref: 'B' } }),
      shell('B', 'true', { workerGroup: 'w', dependsOn: { ref: 'A' }, hue: 'green' }),
      shell('C', "echo #{format(@scheduledStartTime)} #{now()} #{'a}", {
        workerGroup: 'w',
        onFail: { ref: 'A' },
      }),
      shell('D', 'echo #{input.filePath} #{id} #{parent.@id}', { workerGroup: 'w', maximumRetries: '9' }),
    ];
    const put = await world.client.send(new PutPipelineDefinitionCommand({ pipelineId, pipelineObjects }));
    expect(put.errored).toBe(true);
    expect(Object.fromEntries((put.validationErrors ?? []).map(({ id, errors }) => [id, errors]))).toEqual({
      Pig: [expect.stringContaining("'type' is 'PigActivity', and this stand-in knows")],
      Load: [
        "MISSING_FIELD: 'runsOn' or 'workerGroup' is required.",
        "Object references invalid id: 'Nowhere' in 'database'.",
        expect.stringContaining('#{myDay}'),
      ],
      A: ["CYCLE: 'A' depends on itself."],
      B: ["CYCLE: 'B' depends on itself."],
      C: [
        "INVALID_FIELD_VALUE: 'onFail' must refer to an action.",
        expect.stringContaining("#{'a} has no end"),
      ],
      D: [
        expect.stringContaining("'maximumRetries' is a number from 0 to 6"),
        expect.stringContaining('#{input.filePath}'),
      ],
    });
    expect(put.validationWarnings).toEqual([{ id: 'B', warnings: ["'hue' is ignored by this stand-in."] }]);
    await expect(world.activate(pipelineId ?? '')).rejects.toMatchObject({
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
    expect(await world.fields(pipelineId, 'Warehouse', true)).toMatchObject({
      '*password': '*****',
      username: 'etl',
    });
  });

  test('tells a pipeline that is gone from one that never was', async () => {
    const pipelineId = await world.create('gone', [onDemand]);
    await world.client.send(new DeletePipelineCommand({ pipelineId }));
    await expect(world.stateOf(pipelineId)).rejects.toMatchObject({ name: 'PipelineDeletedException' });
    await expect(world.stateOf('df-X')).rejects.toMatchObject({ name: 'PipelineNotFoundException' });
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
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, {
      First: 'FINISHED',
      Second: 'FINISHED',
      Third: 'FINISHED',
      Machine: 'FINISHED',
    });
    await expect(world.stateOf(pipelineId)).resolves.toBe('SCHEDULED');
  });

  test('a dependent of a failure fails in a cascade only where it says so, and else waits', async () => {
    const pipelineId = await world.create('cascade', [
      onDemand,
      shell('Bad', 'echo oh dear >&2; exit 3'),
      shell('Falls', 'true', { dependsOn: { ref: 'Bad' }, failureAndRerunMode: 'CASCADE' }),
      shell('Waits', 'true', { dependsOn: { ref: 'Bad' } }),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, {
      Bad: 'FAILED',
      Falls: 'CASCADE_FAILED',
      Waits: 'WAITING_ON_DEPENDENCIES',
    });
    const [bad = ''] = await world.ids(pipelineId);
    expect(await world.fields(pipelineId, bad)).toMatchObject({
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
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Flaky: 'FINISHED' });
    const attempts = await world.ids(pipelineId, 'ATTEMPT');
    expect(
      await Promise.all(attempts.map(async (id) => (await world.fields(pipelineId, id))['@status'])),
    ).toEqual(['FAILED', 'FINISHED']);
  });

  test('an activation cancels the one that runs, and runs again', async () => {
    const pids = path.join(world.folder, 'pids');
    await world.sql.query('create table beats (n int)');
    const pipelineId = await world.create('again', [
      onDemand,
      world.postgres,
      shell('Shell', `echo $$ >> ${pids}; sleep 300 & wait`),
      object('Sql', {
        type: 'SqlActivity',
        database: { ref: 'Db' },
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

    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, running);
    await until(async () => (await sleeping()) === 1);
    const first = await world.ids(pipelineId);

    await world.activate(pipelineId);
    const second = await until(async () => {
      const fresh = (await world.ids(pipelineId)).filter((id) => !first.includes(id));
      return fresh.length === 2 && fresh;
    });
    for (const id of first) expect((await world.fields(pipelineId, id))['@status']).toBe('CANCELED');
    await until(async () => (await sleeping()) === 1);
    expect((await world.sql.query('select * from beats')).rowCount).toBe(0);

    await world.client.send(new DeactivatePipelineCommand({ pipelineId }));
    await until(async () => (await world.stateOf(pipelineId)) === 'INACTIVE');
    for (const id of second) expect((await world.fields(pipelineId, id))['@status']).toBe('CANCELED');
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
      world.postgres,
      object('Sql', {
        type: 'SqlActivity',
        database: { ref: 'Db' },
        script: `create table asked as select '?' as mark, ?::text as who`,
        scriptArgument: ["O'Hare"],
      }),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Sql: 'FINISHED' });
    expect((await world.sql.query('select * from asked')).rows).toEqual([{ mark: '?', who: "O'Hare" }]);
  });

  test('waits between tries, and ends a try that takes too long', async () => {
    const tries = path.join(world.folder, 'tries');
    const pipelineId = await world.create('slow', [
      onDemand,
      shell('Slow', `date +%s%N >> ${tries}; exec sleep 300`, {
        attemptTimeout: '1 second',
        maximumRetries: '1',
        retryDelay: '1 second',
      }),
    ]);
    await world.activate(pipelineId);
    const ended = await world.untilEnded(pipelineId, 'Slow', 'FAILED');
    expect(ended['errorMessage']).toBe('the attempt took longer than its attemptTimeout of 1 second');
    const [first = 0, second = 0] = (await readFile(tries, 'utf8')).trim().split('\n').map(Number);
    expect(second - first).toBeGreaterThan(1.9e9);
  });

  test('a person runs what failed again, and what waited for it goes on', async () => {
    const flag = path.join(world.folder, 'mended');
    const pipelineId = await world.create('mended', [
      onDemand,
      shell('Broken', `test -e ${flag}`),
      shell('After', 'true', { dependsOn: { ref: 'Broken' } }),
      shell('Fallen', 'true', { dependsOn: { ref: 'Broken' }, failureAndRerunMode: 'cascade' }),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Broken: 'FAILED', Fallen: 'CASCADE_FAILED' });
    await writeFile(flag, '');
    const broken = (await world.ids(pipelineId)).filter((id) => id.startsWith('@Broken'));
    const setStatus = (status: string) =>
      world.client.send(new SetStatusCommand({ pipelineId, objectIds: broken, status }));
    await expect(setStatus('PAUSE')).rejects.toMatchObject({ name: 'InvalidRequestException' });
    await setStatus('RERUN');
    await world.untilStatuses(pipelineId, { Broken: 'FINISHED', After: 'FINISHED', Fallen: 'FINISHED' });
    expect(await world.ids(pipelineId, 'ATTEMPT')).toHaveLength(4);
  });

  test('lets what runs end when a deactivation says so', async () => {
    const pipelineId = await world.create('gently', [onDemand, shell('Short', 'sleep 0.5')]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Short: 'RUNNING' });
    await world.client.send(new DeactivatePipelineCommand({ pipelineId, cancelActive: false }));
    await until(async () => (await world.stateOf(pipelineId)) === 'INACTIVE');
    await expect(world.statuses(pipelineId)).resolves.toEqual({ Short: 'FINISHED' });
  });
});
