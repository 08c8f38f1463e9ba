import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { createQuboleEngine } from '../../src/engines/qubole/engine.ts';
import type { CommandDefaults } from '../../src/engines/qubole/options.ts';
import type { CommandSpec, JobSpec, SparkSpec } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { python, qds } from './qds.ts';

/*
 * Whether our requests are those of the official Python SDK: each of these commands is submitted by `qds.py` and by
 * our engine, to a server that only writes down what it gets.
 */

interface Recorded {
  path: string;
  token: string | undefined;
  type: string | undefined;
  body: Record<string, unknown>;
}

let server: Server;
let url: string;
const recorded: Recorded[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const answer = async () => {
      const body = await text(request);
      if (request.method === 'POST') {
        recorded.push({
          path: request.url ?? '',
          token: request.headers['x-auth-token'] as string,
          type: request.headers['content-type']?.split(';')[0],
          body: JSON.parse(body) as Record<string, unknown>,
        });
        response.end(JSON.stringify({ id: 7, status: 'waiting' }));
      } else response.end(JSON.stringify({ commands: [], paging_info: { next_page: null } }));
    };
    void answer();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function ours(spec: JobSpec, more: Partial<CommandDefaults> = {}, version: 'v1.2' | 'latest' = 'v1.2') {
  const engine = createQuboleEngine({
    name: 'qds',
    url,
    version,
    token: async () => 'secret',
    tags: [],
    macros: {},
    store: createObjectStore({}),
    requestTimeoutMs: 10_000,
    ...more,
  });
  await engine.submit(spec, 'a-key');
  return recorded.pop() as Recorded;
}

async function theirs(...args: string[]) {
  const { code, stderr } = await qds(url, 'secret', ...args, '--name', 'a-key');
  if (code !== 0) throw new Error(stderr);
  return recorded.pop() as Recorded;
}

const spark = (app: SparkSpec['app'], more: Partial<SparkSpec> = {}): SparkSpec => ({
  kind: 'spark',
  app,
  arguments: [],
  conf: {},
  options: [],
  ...more,
});
const submit = (command: string, ...args: string[]) => [command, 'submit', ...args];
const dbExport = (mode: '1' | '2', ...args: string[]) =>
  submit('dbexportcmd', '--mode', mode, '--dbtap_id', '12', '--db_table', 'routes', ...args);
const query = "select 'a\\'b' as x from t";

const EVERYWHERE: Partial<CommandDefaults> = { cluster: 'etl', tags: ['nightly', 'flights'], pool: 'p' };
const EVERYWHERE_ARGS = ['--cluster-label', 'etl', '--tags', 'nightly,flights'];
const MACROS = { macros: { day: "'2001-01-05'" } };
const MACRO_ARGS = ['--macros', JSON.stringify([MACROS.macros])];

test.each<[string, CommandSpec, string[], Partial<CommandDefaults>?]>([
  ['a Hive query', { kind: 'hive', query }, submit('hivecmd', '--query', query)],
  [
    'a Hive query with all that a command can have',
    { kind: 'hive', query, hiveVersion: '3.1' },
    submit(
      'hivecmd',
      '--query',
      query,
      '--hive-version',
      '3.1',
      '--pool',
      'p',
      ...EVERYWHERE_ARGS,
      ...MACRO_ARGS,
    ),
    { ...EVERYWHERE, ...MACROS },
  ],
  [
    'a Hive script',
    { kind: 'hive', script: 's3://code/a.hql' },
    submit('hivecmd', '--script_location', 's3://code/a.hql'),
  ],
  [
    'a Presto query',
    { kind: 'presto', query },
    submit('prestocmd', '--query', query, ...EVERYWHERE_ARGS),
    EVERYWHERE,
  ],
  [
    'a Presto script',
    { kind: 'presto', script: 's3://code/a.sql' },
    submit('prestocmd', '--script_location', 's3://code/a.sql', ...MACRO_ARGS),
    MACROS,
  ],
  ['Spark SQL', spark({ form: 'sql', sql: query }), submit('sparkcmd', '--sql', query)],
  [
    'Spark SQL with properties',
    spark(
      { form: 'sql', sql: query },
      { conf: { 'spark.executor.memory': '4g' }, options: ['--num-executors', '3'] },
    ),
    submit(
      'sparkcmd',
      '--sql',
      query,
      '--arguments',
      '--conf spark.executor.memory=4g --num-executors 3',
      '--pool',
      'p',
      ...EVERYWHERE_ARGS,
      ...MACRO_ARGS,
    ),
    { ...EVERYWHERE, ...MACROS },
  ],
  [
    'a program in Scala',
    spark(
      { form: 'program', program: 'println(1)', language: 'scala' },
      { arguments: ['2001-01-05', 'two words'] },
    ),
    submit(
      'sparkcmd',
      '--program',
      'println(1)',
      '--language',
      'scala',
      '--user_program_arguments',
      "2001-01-05 'two words'",
    ),
  ],
  [
    'a Python file',
    spark({ form: 'python', python: 's3://code/job.py' }, { arguments: ['x'] }),
    submit('sparkcmd', '--script_location', 's3://code/job.py', '--user_program_arguments', 'x'),
  ],
  [
    'a command line',
    spark({ form: 'cmdline', cmdline: 'spark-submit --class A s3://code/a.jar x' }),
    submit('sparkcmd', '--cmdline', 'spark-submit --class A s3://code/a.jar x'),
  ],
  [
    'a jar',
    spark(
      { form: 'jar', jar: 's3://code/a.jar', mainClass: 'com.example.Job' },
      { arguments: ['x'], conf: { a: 'b' } },
    ),
    submit(
      'sparkcmd',
      '--cmdline',
      '/usr/lib/spark/bin/spark-submit --class com.example.Job --conf a=b s3://code/a.jar x',
    ),
  ],
  [
    'an export of a Hive table',
    {
      kind: 'dbExport',
      dbTapId: '12',
      table: 'routes',
      from: { hiveTable: 'r', partition: 'dt=2001-01-05' },
    },
    dbExport('1', '--hive_table', 'r', '--partition_spec', 'dt=2001-01-05'),
  ],
  [
    'an export of a folder',
    {
      kind: 'dbExport',
      dbTapId: '12',
      table: 'routes',
      from: { folder: 's3://lake/r/', delimiter: ',' },
      update: { mode: 'updateonly', keys: ['day', 'origin'] },
    },
    dbExport(
      '2',
      '--export_dir',
      's3://lake/r/',
      '--fields_terminated_by',
      '\\0x2c',
      '--db_update_mode',
      'updateonly',
      '--db_update_keys',
      'day,origin',
      '--tags',
      'nightly,flights',
    ),
    { tags: ['nightly', 'flights'] },
  ],
  [
    'an export that adds and updates',
    {
      kind: 'dbExport',
      dbTapId: '12',
      table: 'routes',
      from: { folder: 's3://lake/r/' },
      update: { mode: 'allowinsert' },
    },
    dbExport('2', '--export_dir', 's3://lake/r/', '--db_update_mode', 'allowinsert'),
  ],
])('%s is sent as the official SDK sends it', async (_, spec, args, more = {}) => {
  const own = await ours(spec, more);
  const official = await theirs(...args);
  expect(own).toEqual(official);
  expect(own).toMatchObject({ path: '/api/v1.2/commands', token: 'secret' });
});

test('a shell command is sent as the official SDK sends it, with our script around the user’s', async () => {
  const spec = { kind: 'shell', script: 'echo "$DAY"', env: { DAY: '2001-01-05' } } as const;
  const own = await ours(spec, { cluster: 'etl', tags: ['nightly'], pool: 'p' });
  const { inline } = own.body as { inline: string };
  expect(inline).toContain(`echo "$DAY"`);
  const official = await theirs(
    'shellcmd',
    'submit',
    '--script',
    inline,
    '--cluster-label',
    'etl',
    '--tags',
    'nightly',
    '--pool',
    'p',
  );
  expect(own).toEqual(official);
});

test('a workflow is sent as the official SDK sends it', async () => {
  const own = await ours(
    {
      kind: 'chain',
      push: false,
      commands: [
        { kind: 'hive', query },
        spark({ form: 'python', python: 's3://code/job.py' }),
        { kind: 'presto', query },
      ],
    },
    { cluster: 'etl', tags: ['nightly'], macros: { day: "'2001-01-05'" } },
  );
  const script = `
import json, sys
from qds_sdk.qubole import Qubole
from qds_sdk.commands import *
url, query, macros = sys.argv[1:]
Qubole.configure(api_token='secret', api_url=url)
parts = [HiveCommand.parse(['--query', query]), SparkCommand.parse(['--script_location', 's3://code/job.py']),
         PrestoCommand.parse(['--query', query])]
for part in parts:
    # For the SDK alone; its own command line takes them out, too.
    part.pop('print_logs'); part.pop('print_logs_live')
CompositeCommand.create(**CompositeCommand.compose(parts, macros=macros, cluster_label='etl', name='a-key', tags='nightly'))
`;
  const { code, stderr } = await python(['-c', script, url, query, JSON.stringify([MACROS.macros])]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(own).toEqual(recorded.pop());
});

test('the version of the API is the configured one', async () => {
  expect((await ours({ kind: 'hive', query }, {}, 'latest')).path).toBe('/api/latest/commands');
});
