import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { startWorld, until, type World } from './data-pipeline-world.ts';

const execute = promisify(execFile);

let world: World;
beforeAll(async () => void (world = await startWorld()));
afterAll(() => world?.stop());

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
          databaseName: 'dev',
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
    await world.untilStatuses(id, { RunExport: 'FINISHED' });
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

  test('validates, activates by a file of values, stops, cleans up', async () => {
    const { pipelineId: id } = await json('create-pipeline', '--name', 'witness', '--unique-id', 'witness');
    const at = ['--pipeline-id', id];
    const objects = [
      { id: 'Default', scheduleType: 'ondemand', workerGroup: 'local' },
      { id: 'Long', type: 'ShellCommandActivity', command: 'sleep 300; echo #{mySecond}' },
    ];
    const definition = path.join(world.folder, 'definition.json');
    await writeFile(
      definition,
      JSON.stringify({ objects, parameters: [{ id: 'mySecond', type: 'String' }] }),
    );
    const api = JSON.stringify([
      { id: 'Lost', name: 'Lost', fields: [{ key: 'type', stringValue: 'Nothing' }] },
    ]);
    expect(await json('validate-pipeline-definition', ...at, '--pipeline-objects', api)).toMatchObject({
      errored: true,
      validationErrors: [{ id: 'Lost' }],
    });
    await json('put-pipeline-definition', ...at, '--pipeline-definition', `file://${definition}`);
    await expect(run('activate-pipeline', ...at)).rejects.toThrow("parameter 'mySecond' has no value");

    const values = path.join(world.folder, 'values.json');
    await writeFile(values, JSON.stringify({ values: { mySecond: 'two' } }));
    await run('activate-pipeline', ...at, '--parameter-values-uri', `file://${values}`);
    await world.untilStatuses(id, { Long: 'RUNNING' });
    expect(await run('list-runs', ...at, '--status', 'running')).toMatch(/Long/);
    const { ids: found } = await json('query-objects', ...at, '--sphere', 'INSTANCE');
    const evaluate = ['evaluate-expression', ...at, '--object-id', found[0], '--expression', '#{mySecond}'];
    expect(await json(...evaluate)).toEqual({ evaluatedExpression: 'two' });

    await run('deactivate-pipeline', ...at);
    await until(async () => (await world.stateOf(id)) === 'INACTIVE');
    const { pipelineDescriptionList } = await json('describe-pipelines', '--pipeline-ids', id);
    expect(pipelineDescriptionList[0].fields).toContainEqual({
      key: '@pipelineState',
      stringValue: 'INACTIVE',
    });
    expect(await json('list-runs', ...at, '--status', 'cancelled')).toEqual([]);
    expect(await world.statuses(id)).toEqual({ Long: 'CANCELED' });
    await run('delete-pipeline', ...at);
    await expect(run('describe-pipelines', '--pipeline-ids', id)).rejects.toThrow('PipelineDeletedException');
  });
});
