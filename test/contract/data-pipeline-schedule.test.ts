import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DeactivatePipelineCommand, ValidatePipelineDefinitionCommand } from '@aws-sdk/client-data-pipeline';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { object, onDemand, shell, startWorld, until, type World } from './data-pipeline-world.ts';

let world: World;
beforeAll(async () => void (world = await startWorld()));
afterAll(() => world?.stop());

const ref = (id: string) => ({ ref: id });
const defaults = (scheduleType: string, more = {}) =>
  object('Default', { scheduleType, workerGroup: 'local', schedule: ref('Daily'), ...more });
const daily = (more: Record<string, string>) =>
  object('Daily', { type: 'Schedule', period: '1 day', ...more });

const linesOf = async (file: string) =>
  existsSync(file) ? (await readFile(file, 'utf8')).trim().split('\n').sort() : [];

describe('a schedule', () => {
  test.each([
    ['cron', ['2001-01-31..2001-02-01', '2001-02-01..2001-02-02', '2001-02-02..2001-02-03']],
    ['timeseries', ['2001-01-31..2001-02-01', '2001-02-01..2001-02-02', '2001-02-02..2001-02-03']],
  ])('of the past is filled up: %s', async (style, wanted) => {
    const out = path.join(world.folder, style);
    const pipelineId = await world.create(style, [
      defaults(style),
      daily({ startDateTime: '2001-01-31T00:00:00', occurrences: '3' }),
      shell(
        'Note',
        `echo #{format(@scheduledStartTime,'YYYY-MM-dd')}..#{format(@scheduledEndTime,'YYYY-MM-dd')} >> ${out}`,
      ),
      shell('After', `echo after#{@scheduledStartTime} >> ${out}.after`, { dependsOn: ref('Note') }),
    ]);
    await expect(world.activate(pipelineId)).rejects.toMatchObject({
      message: expect.stringContaining('more than a day ago: give startTimestamp'),
    });
    await world.activate(pipelineId, {}, new Date('2001-01-01T00:00:00Z'));
    await until(async () => (await world.stateOf(pipelineId)) === 'FINISHED');
    expect(await linesOf(out)).toEqual(wanted);
    expect(await world.ids(pipelineId)).toContain('@Note_2001-02-01T00:00:00');
    expect((await linesOf(`${out}.after`))[0]).toBe('after2001-01-31T00:00:00');
  });

  test('is entered where startTimestamp says', async () => {
    const out = path.join(world.folder, 'from');
    const pipelineId = await world.create('from', [
      defaults('cron'),
      daily({ startDateTime: '2001-01-01T00:00:00', endDateTime: '2001-01-05T00:00:00' }),
      shell('Note', `echo #{@scheduledStartTime} >> ${out}`),
    ]);
    await world.activate(pipelineId, {}, new Date('2001-01-03T00:00:00Z'));
    await until(async () => (await world.stateOf(pipelineId)) === 'FINISHED');
    expect(await linesOf(out)).toEqual(['2001-01-03T00:00:00', '2001-01-04T00:00:00']);
  });

  test('of the future waits, and goes on after the last interval when activated again', async () => {
    const out = path.join(world.folder, 'again');
    const pipelineId = await world.create('again', [
      defaults('cron'),
      daily({ startAt: 'FIRST_ACTIVATION_DATE_TIME' }),
      shell('Note', `echo #{@scheduledStartTime} >> ${out}`),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Note: 'FINISHED' });
    await expect(world.stateOf(pipelineId)).resolves.toBe('SCHEDULED');
    await world.client.send(new DeactivatePipelineCommand({ pipelineId }));
    await until(async () => (await world.stateOf(pipelineId)) === 'INACTIVE');
    await world.activate(pipelineId);
    await until(async () => (await world.stateOf(pipelineId)) === 'SCHEDULED');
    expect(await world.ids(pipelineId)).toHaveLength(1);
    expect(await linesOf(out)).toHaveLength(1);
  });

  test('runs an interval again that a deactivation cancelled', async () => {
    const flag = path.join(world.folder, 'let-it');
    const pipelineId = await world.create('resumed', [
      defaults('cron'),
      daily({ startAt: 'FIRST_ACTIVATION_DATE_TIME', occurrences: '1' }),
      shell('Wait', `test -e ${flag} || exec sleep 300`),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Wait: 'RUNNING' });
    await world.client.send(new DeactivatePipelineCommand({ pipelineId }));
    await until(async () => (await world.stateOf(pipelineId)) === 'INACTIVE');
    await expect(world.statuses(pipelineId)).resolves.toEqual({ Wait: 'CANCELED' });
    await writeFile(flag, '');
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Wait: 'FINISHED' });
    expect(await world.ids(pipelineId)).toHaveLength(1);
  });

  test('runs no more of a component at once than it may', async () => {
    const out = path.join(world.folder, 'at-once');
    const pipelineId = await world.create('at-once', [
      defaults('cron'),
      daily({ startDateTime: '2001-01-01T00:00:00', occurrences: '4' }),
      shell('One', `echo begin >> ${out}; sleep 0.1; echo end >> ${out}`, { maxActiveInstances: '1' }),
    ]);
    await world.activate(pipelineId, {}, new Date('2001-01-01T00:00:00Z'));
    await until(async () => (await world.stateOf(pipelineId)) === 'FINISHED');
    const lines = (await readFile(out, 'utf8')).trim().split('\n');
    expect(lines).toEqual(Array.from({ length: 4 }, () => ['begin', 'end']).flat());
  });

  test('has errors of its own', async () => {
    const pipelineId = await world.create('checked', [onDemand]);
    const { validationErrors = [] } = await world.client.send(
      new ValidatePipelineDefinitionCommand({
        pipelineId,
        pipelineObjects: [
          object('Default', { scheduleType: 'cron', workerGroup: 'w' }),
          object('Often', { type: 'Schedule', period: '5 minutes', startDateTime: 'today' }),
          object('Both', {
            type: 'Schedule',
            period: '1 day',
            startAt: 'NOW',
            endDateTime: '2001-01-01T00:00:00',
            occurrences: '0',
          }),
          shell('Bare', 'true'),
          shell('One', 'true', { schedule: ref('Often') }),
          shell('Other', 'true', { schedule: ref('Both'), dependsOn: ref('One') }),
        ],
      }),
    );
    expect(Object.fromEntries(validationErrors.map(({ id, errors }) => [id, errors]))).toEqual({
      Often: [expect.stringContaining('from 15 minutes to 3 years'), expect.stringContaining("is 'today'")],
      Both: expect.arrayContaining([expect.stringContaining('exclude each other')]),
      Bare: [expect.stringContaining("'schedule' is required")],
      Other: [expect.stringContaining("wait for 'One', which is on another schedule")],
    });
  });
});

describe('preconditions', () => {
  const condition = (id: string, type: string, fields: Parameters<typeof object>[1] = {}) =>
    object(id, { type, role: 'role', ...fields });

  test.each([
    ['S3KeyExists', { s3Key: 's3://data/come/#{node.id}' }, () => world.aws.put('come/Wait', 'x')],
    ['S3PrefixNotEmpty', { s3Prefix: 's3://data/came/' }, () => world.aws.put('came/x', 'x')],
    [
      'ShellCommandPrecondition',
      { command: 'test -e "$1"', scriptArgument: '#{myDay}' },
      () => writeFile(path.join(world.folder, 'ready'), ''),
    ],
  ])('%s holds an activity back until it is met', async (type, fields, come) => {
    const pipelineId = await world.create(type, [
      onDemand,
      condition('Condition', type, fields),
      shell('Wait', 'true', { precondition: ref('Condition') }),
    ]);
    await world.activate(pipelineId, { myDay: path.join(world.folder, 'ready') });
    await world.untilStatuses(pipelineId, { Wait: 'WAITING_ON_DEPENDENCIES' });
    const [id = ''] = await world.ids(pipelineId);
    expect(await world.fields(pipelineId, id)).toMatchObject({ '@waitingOn': 'Condition' });
    await come();
    await world.untilStatuses(pipelineId, { Wait: 'FINISHED' });
  });

  test('Exists waits for the data that it is a condition of', async () => {
    const pipelineId = await world.create('exists', [
      onDemand,
      world.redshift,
      condition('There', 'Exists'),
      object('File', { type: 'S3DataNode', filePath: 's3://data/exists/file', precondition: ref('There') }),
      object('Table', {
        type: 'RedshiftDataNode',
        database: ref('Warehouse'),
        tableName: 'awaited',
        precondition: ref('There'),
      }),
      shell('Use', 'true', { input: [ref('File'), ref('Table')] }),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, {
      File: 'WAITING_ON_DEPENDENCIES',
      Use: 'WAITING_ON_DEPENDENCIES',
    });
    await world.aws.put('exists/file', 'x');
    await world.untilStatuses(pipelineId, { File: 'FINISHED', Use: 'WAITING_ON_DEPENDENCIES' });
    await world.sql.query('create table awaited (n int)');
    await world.untilStatuses(pipelineId, { Table: 'FINISHED', Use: 'FINISHED' });
  });

  test('fails what waits for it when its time is up', async () => {
    const pipelineId = await world.create('never', [
      onDemand,
      condition('Never', 'S3KeyExists', { s3Key: 's3://data/never', preconditionTimeout: '1 second' }),
      shell('Wait', 'true', { precondition: ref('Never') }),
    ]);
    await world.activate(pipelineId);
    const { errorMessage } = await world.untilEnded(pipelineId, 'Wait', 'FAILED');
    expect(errorMessage).toBe(
      'the precondition Never was not met within its preconditionTimeout of 1 second',
    );
  });
});

describe('actions', () => {
  const alarm = (id: string, topicArn: string) =>
    object(id, {
      type: 'SnsAlarm',
      role: 'role',
      topicArn,
      subject: `${id}: #{node.name}`,
      message: '#{node.@status} #{node.errorMessage} #{format(node.@scheduledStartTime,"YYYY")}',
    });

  test('say how an activity ended, by SNS', async () => {
    const inbox = await world.inbox('alarms');
    const pipelineId = await world.create('alarmed', [
      onDemand,
      alarm('Bad', inbox.topicArn),
      object('Good', {
        ...{ type: 'SnsAlarm', role: 'role', topicArn: inbox.topicArn },
        subject: 'Good: #{node.name}',
        message: '#{node.@status} #{myDay}',
      }),
      shell('Fails', 'echo oh >&2; exit 1', { onFail: ref('Bad'), onSuccess: ref('Good') }),
      shell('Works', 'true', { onFail: ref('Bad'), onSuccess: ref('Good') }),
    ]);
    await world.activate(pipelineId, { myDay: '2001-01-05' });
    const messages = await until(async () => {
      const seen = await inbox.messages();
      return seen.length === 2 && seen;
    });
    expect(messages.sort()).toEqual([
      expect.stringMatching(/^Bad: Fails\nFAILED the command ended with exit code 1: oh \d{4}$/),
      'Good: Works\nFINISHED 2001-01-05',
    ]);
  });

  test('onLateAction ends what is late on a schedule', async () => {
    const pipelineId = await world.create('late', [
      defaults('cron'),
      daily({ startAt: 'FIRST_ACTIVATION_DATE_TIME' }),
      object('Stop', { type: 'Terminate' }),
      shell('Late', 'exec sleep 300', { lateAfterTimeout: '1 second', onLateAction: ref('Stop') }),
      shell('Punctual', 'true', { lateAfterTimeout: '1 hour', onLateAction: ref('Stop') }),
    ]);
    await world.activate(pipelineId);
    await world.untilStatuses(pipelineId, { Late: 'CANCELED', Punctual: 'FINISHED' });
  });
});
