import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { gunzipSync, gzipSync } from 'node:zlib';
import { object, onDemand, shell, startWorld, type World } from './data-pipeline-world.ts';

let world: World;
beforeAll(async () => void (world = await startWorld()));
afterAll(() => world?.stop());

const bytesOf = async (key: string): Promise<Uint8Array> => {
  const { Body } = await world.aws.client.send(new GetObjectCommand({ Bucket: 'data', Key: key }));
  return Body!.transformToByteArray();
};
const textOf = async (key: string) => Buffer.from(await bytesOf(key)).toString();
const keysUnder = async (prefix: string) => {
  const { Contents = [] } = await world.aws.client.send(
    new ListObjectsV2Command({ Bucket: 'data', Prefix: prefix }),
  );
  return Contents.map(({ Key }) => Key);
};

const s3Node = (id: string, place: Record<string, string | { ref: string }>) =>
  object(id, { type: 'S3DataNode', ...place });
const ref = (id: string) => ({ ref: id });

/** Runs a pipeline of these objects once, and waits for an activity of it. */
async function runOnce(
  name: string,
  objects: ReturnType<typeof object>[],
  activity: string,
  wanted = 'FINISHED',
) {
  const pipelineId = await world.create(name, [onDemand, ...objects]);
  await world.activate(pipelineId, { myDay: '2001-01-05' });
  return { pipelineId, ended: await world.untilEnded(pipelineId, activity, wanted) };
}

describe('ShellCommandActivity', () => {
  test('stages its data, and keeps its logs', async () => {
    await world.aws.put('in/a/part-0', 'one\n');
    await world.aws.put('in/a/part-1', 'two\n');
    const { pipelineId, ended } = await runOnce(
      'staged',
      [
        s3Node('In', { directoryPath: 's3://data/in/a' }),
        s3Node('Out', { directoryPath: 's3://data/out/#{myDay}' }),
        shell('Join', 'cat $INPUT1_STAGING_DIR/part* > $OUTPUT1_STAGING_DIR/all; echo done; echo hm >&2', {
          stage: 'true',
          input: ref('In'),
          output: ref('Out'),
          stdout: 's3://data/said',
          pipelineLogUri: 's3://data/logs',
        }),
      ],
      'Join',
    );
    expect(await textOf('out/2001-01-05/all')).toBe('one\ntwo\n');
    expect(await textOf('said')).toBe('done\n');
    const log = `logs/${pipelineId}/Join/${ended['@headAttempt']?.replace(/_Attempt.*/, '')}/${ended['@headAttempt']}`;
    expect(await textOf(`${log}/StdError`)).toBe('hm\n');
    expect(await textOf(`${log}/Activity.log`)).toContain('FINISHED');
    await world.untilStatuses(pipelineId, { In: 'FINISHED', Out: 'FINISHED' });
  });

  test('runs a script of S3 with its arguments', async () => {
    await world.aws.put('greet.sh', 'test "$1 $2" = "a b c"');
    await runOnce(
      'scripted',
      [
        object('Greet', {
          type: 'ShellCommandActivity',
          scriptUri: 's3://data/greet.sh',
          scriptArgument: ['a b', 'c'],
        }),
      ],
      'Greet',
    );
  });
});

describe('SqlActivity', () => {
  test('runs a script of S3 on the warehouse, with arguments and as one transaction', async () => {
    await world.aws.put('make.sql', "create table made (n int); insert into made values (1); select ';'");
    const sql = (id: string, more: Parameters<typeof object>[1]) =>
      object(id, { type: 'SqlActivity', database: ref('Warehouse'), ...more });
    await runOnce(
      'scripts',
      [
        world.redshift,
        sql('Make', { scriptUri: 's3://data/make.sql' }),
        sql('Add', {
          script: 'insert into made values (?::int)',
          scriptArgument: '2',
          dependsOn: ref('Make'),
        }),
      ],
      'Add',
    );
    await runOnce(
      'undone',
      [world.redshift, sql('Bad', { script: 'insert into made values (3); insert into nowhere values (1)' })],
      'Bad',
      'FAILED',
    );
    expect((await world.sql.query('select n from made order by n')).rows).toEqual([{ n: 1 }, { n: 2 }]);
  });
});

describe('CopyActivity', () => {
  const copy = object('Copy', { type: 'CopyActivity', input: ref('In'), output: ref('Out') });
  const tsv = object('Tabs', { type: 'TSV' });

  test('copies files as they are', async () => {
    await world.aws.put('from/x/1', 'one');
    await world.aws.put('from/x/deep/2', 'two');
    await runOnce(
      'files',
      [
        copy,
        s3Node('In', { directoryPath: 's3://data/from/x' }),
        s3Node('Out', { directoryPath: 's3://data/to' }),
      ],
      'Copy',
    );
    expect(await keysUnder('to/')).toEqual(['to/1', 'to/deep/2']);
  });

  test('copies a table to S3 and back, record by record', async () => {
    await world.sql.query(
      `create table source (id int, note text); insert into source values (1, E'a\\tb'), (2, null), (3, '')`,
    );
    const table = (id: string, more: Record<string, string>) =>
      object(id, { type: 'SqlDataNode', database: ref('Db'), ...more });
    const file = (id: string) =>
      s3Node(id, { filePath: 's3://data/table.tsv.gz', compression: 'gzip', dataFormat: ref('Tabs') });
    await runOnce(
      'unloaded',
      [
        ...[copy, tsv, world.postgres, file('Out')],
        table('In', { table: 'source', selectQuery: 'select * from source order by id' }),
      ],
      'Copy',
    );
    expect(gunzipSync(await bytesOf('table.tsv.gz')).toString()).toBe('1\ta\\\tb\n2\t\\N\n3\t\n');
    await runOnce(
      'loaded',
      [
        ...[copy, tsv, world.postgres, file('In')],
        table('Out', { table: 'target', createTableSql: 'create table target (id int, note text)' }),
      ],
      'Copy',
    );
    expect((await world.sql.query('select * from target order by id')).rows).toEqual([
      { id: 1, note: 'a\tb' },
      { id: 2, note: null },
      { id: 3, note: '' },
    ]);
  });
});

describe('RedshiftCopyActivity', () => {
  const load = async (
    name: string,
    insertMode: string,
    csv: string,
    more: Parameters<typeof object>[1] = {},
  ) => {
    await world.aws.put(`${name}.csv.gz`, gzipSync(csv));
    return runOnce(
      name,
      [
        world.redshift,
        object('Commas', { type: 'CSV' }),
        s3Node('In', {
          filePath: `s3://data/${name}.csv.gz`,
          compression: 'gzip',
          dataFormat: ref('Commas'),
        }),
        object('Out', {
          type: 'RedshiftDataNode',
          database: ref('Warehouse'),
          tableName: 'loaded',
          createTableSql: 'create table loaded (id int primary key, name varchar(20)) diststyle all',
          primaryKeys: 'id',
        }),
        object('Load', {
          type: 'RedshiftCopyActivity',
          input: ref('In'),
          output: ref('Out'),
          insertMode,
          ...more,
        }),
      ],
      'Load',
      more['wanted'] as string | undefined,
    );
  };
  const rows = async () =>
    (await world.sql.query('select id, name from loaded order by id, name')).rows.map(
      ({ id, name }) => `${id} ${name}`,
    );

  test('loads in each mode', async () => {
    await load('first', 'APPEND', '1,"one, or so"\n2,two\n');
    expect(await rows()).toEqual(['1 one, or so', '2 two']);
    await load('second', 'KEEP_EXISTING', '2,zwei\n3,drei\n');
    expect(await rows()).toEqual(['1 one, or so', '2 two', '3 drei']);
    await load('third', 'OVERWRITE_EXISTING', '2,deux\n4,quatre\n');
    expect(await rows()).toEqual(['1 one, or so', '2 deux', '3 drei', '4 quatre']);
    await load('fourth', 'TRUNCATE', '5,five\n', {
      transformSql: 'select id + 1 as id, upper(name) as name from staging;',
    });
    expect(await rows()).toEqual(['6 FIVE']);
  });

  test('leaves the table alone when a file is bad', async () => {
    const before = await rows();
    await load('broken', 'TRUNCATE', 'x,y\n', { wanted: 'FAILED' });
    expect(await rows()).toEqual(before);
  });
});

describe('EmrActivity', () => {
  test('runs the steps that are programs, between its commands', async () => {
    await world.aws.put('step.sh', 'echo "script $1"');
    const { pipelineId, ended } = await runOnce(
      'steps',
      [
        object('Cluster', { type: 'EmrCluster', releaseLabel: 'emr-6.1.0' }),
        object('Emr', {
          type: 'EmrActivity',
          runsOn: ref('Cluster'),
          preStepCommand: 'echo before',
          step: ['command-runner.jar,echo,a\\,b', 's3://x/script-runner.jar,s3://data/step.sh,#{myDay}'],
          postStepCommand: 'echo after',
          pipelineLogUri: 's3://data/emr',
        }),
      ],
      'Emr',
    );
    const attempt = await world.fields(pipelineId, ended['@headAttempt'] ?? '');
    const log = attempt['emrStepLog']?.replace('s3://data/', '');
    expect(await textOf(`${log}StdOutput`)).toBe('before\na,b\nscript 2001-01-05\nafter\n');
  });

  test.each([
    ['s3://x/my.jar,arg', 's3://x/my.jar needs a Hadoop cluster, and this stand-in has none'],
    ['command-runner.jar,no-such-program', 'no-such-program is not installed on this machine'],
    ['command-runner.jar,false', 'step 1 (command-runner.jar false) ended with exit code 1'],
  ])('says what it cannot do, or what failed: %s', async (step, message) => {
    const emr = object('Emr', { type: 'EmrActivity', step });
    const { ended } = await runOnce(`emr ${step}`, [emr], 'Emr', 'FAILED');
    expect(ended['errorMessage']).toContain(message);
  });
});

describe('HiveActivity', () => {
  const columns = (id: string, ...column: string[]) => object(id, { type: 'TSV', column });
  const hive = (hiveScript: string, more = {}) =>
    object('Hive', { type: 'HiveActivity', input: ref('In'), output: ref('Out'), hiveScript, ...more });
  const nodes = [
    columns('Read', 'country STRING', 'amount DECIMAL(10,2)'),
    columns('Write', 'country STRING, total DOUBLE'),
    s3Node('In', { directoryPath: 's3://data/orders', dataFormat: ref('Read') }),
    s3Node('Out', { directoryPath: 's3://data/totals', dataFormat: ref('Write') }),
  ];

  test('turns input tables into output tables', async () => {
    await world.aws.put('orders/1', 'FR\t1.50\nDE\t2\n');
    await world.aws.put('orders/2', 'FR\t3\n"x\t\\N\n');
    await runOnce(
      'hive',
      [
        ...nodes,
        hive(
          `SET hive.exec.parallel=true; -- nothing here
           INSERT OVERWRITE TABLE \${output1} SELECT country, sum(amount) FROM \${input1}
           WHERE country <> '\${SKIPPED}' GROUP BY country ORDER BY country;`,
          { scriptVariable: 'SKIPPED=DE' },
        ),
      ],
      'Hive',
    );
    const [key = ''] = await keysUnder('totals/');
    expect(await textOf(key)).toBe('"x\t\\N\nFR\t4.5\n');
  });

  test('says on what it runs when it does not take a script', async () => {
    const { ended } = await runOnce(
      'hive transform',
      [...nodes, hive(`SELECT TRANSFORM (country) USING 'cat' FROM \${input1}`)],
      'Hive',
      'FAILED',
    );
    expect(ended['errorMessage']).toContain('this stand-in runs Hive scripts on DuckDB, which says');
  });
});
