import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConfig, loadConfig, resolveReference, secretsIn } from '../../src/spec/load-config.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-config-'));
  file = join(folder, 'millrace.yaml');
});
afterAll(() => rm(folder, { recursive: true }));

const load = async (text: string) => {
  await writeFile(file, text);
  return loadConfig(file);
};

const DEFAULTS = {
  taskQueue: 'millrace',
  pipelines: ['pipelines/**/*.yaml'],
  state: '.millrace/state',
  heartbeatTimeoutMs: 300_000,
  pollIntervalMs: 15_000,
  engines: {},
  warehouses: {},
  webhooks: {},
  topics: {},
  queues: {},
  dataPipelines: {},
};

describe('a configuration', () => {
  test('has defaults for all', async () => {
    expect(await load('')).toEqual({ config: { file, ...DEFAULTS }, problems: [] });
    expect(await load('# nothing yet\n{}')).toEqual({ config: { file, ...DEFAULTS }, problems: [] });
  });

  test('is read, and its references are not resolved', async () => {
    const { config, problems } = await load(`
taskQueue: etl
pipelines: ["examples/*/pipeline.yaml"]
state: s3://state/runs
heartbeatTimeout: 20s
pollInterval: 500ms
engines:    { etl: { type: duckdb, memory: 4GB, threads: 1 } }
warehouses: { analytics: { workgroup: local, database: dev, iamRole: "arn:aws:iam::000000000000:role/load" } }
webhooks:   { oncall: { url: "\${env:ONCALL_URL}" } }
dataPipelines: { region: us-east-1 }
`);
    expect(problems).toEqual([]);
    expect(config).toEqual({
      ...DEFAULTS,
      file,
      taskQueue: 'etl',
      pipelines: ['examples/*/pipeline.yaml'],
      state: 's3://state/runs',
      heartbeatTimeoutMs: 20_000,
      pollIntervalMs: 500,
      engines: { etl: { type: 'duckdb', memory: '4GB', threads: 1, maxJobs: 2 } },
      warehouses: {
        analytics: { workgroup: 'local', database: 'dev', iamRole: 'arn:aws:iam::000000000000:role/load' },
      },
      webhooks: { oncall: { url: '${env:ONCALL_URL}' } },
      dataPipelines: { region: 'us-east-1' },
    });
  });

  test('says all that is wrong with it', async () => {
    const { config, problems } = await load(`taskqueue: x
heartbeatTimeout: 5 minutes
pollInterval: 0s
engines:
  etl: { type: mapreduce, memory: lots }
  big: { type: duckdb, memory: lots, threads: 0 }
warehouses:
  a: { database: dev }
  b: { workgroup: x, cluster: y, database: dev }
  c: { workgroup: x }
webhooks: { oncall: { url: "\${ONCALL}" }, other: { url: "\${secret:}" } }
`);
    expect(config).toBeUndefined();
    expect(problems.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual([
      'unknown-field 1:1',
      'bad-duration 2:19',
      'bad-duration 3:15',
      'wrong-type 5:16',
      'wrong-type 6:32',
      'wrong-type 6:47',
      'missing-field 8:6',
      'conflicting-fields 9:22',
      'missing-field 10:6',
      'bad-template 11:28',
      'bad-template 11:57',
    ]);
    expect(problems[0]?.fix).toBe('did you mean taskQueue?');
  });

  test('takes Livy’s password from a secret, and no user without one', async () => {
    const livy = (fields: string) =>
      load(`engines:\n  etl: { type: livy, url: 'http://livy', staging: s3://lake/x/, ${fields} }\n`);
    const { config, problems } = await livy("user: etl, password: '${secret:livy#password}'");
    expect(problems).toEqual([]);
    expect(config?.engines['etl']).toMatchObject({ password: '${secret:livy#password}' });
    expect((await livy('user: etl')).problems).toMatchObject([
      { code: 'missing-field', line: 2, column: 65, message: 'etl has a user and no password' },
    ]);
    expect((await livy('password: x')).problems).toMatchObject([
      { code: 'missing-field', line: 2, column: 65, message: 'etl has a password and no user' },
    ]);
  });

  test.each([
    ['30s', 1],
    ['59999ms', 1],
    ['1m', 0],
    ['7d', 0],
    ['8d', 1],
  ])('lets a cluster of EMR idle for %s: %d problems', async (idleTimeout, count) => {
    const { problems } = await load(
      `engines:\n  etl: { type: emr, cluster: x, staging: s3://lake/x/, idleTimeout: ${idleTimeout} }\n`,
    );
    expect(problems).toHaveLength(count);
    for (const problem of problems)
      expect(problem).toMatchObject({ code: 'bad-duration', line: 2, fix: 'write 1m to 7d' });
  });

  test('that is not there is a problem', async () => {
    const { problems } = await loadConfig(join(folder, 'none.yaml'));
    expect(problems).toMatchObject([{ code: 'missing-file', line: 1, column: 1 }]);
  });
});

test('the nearest configuration upward is found', async () => {
  await writeFile(file, '');
  await mkdir(join(folder, 'a/b'), { recursive: true });
  expect(findConfig(join(folder, 'a/b'))).toBe(file);
  await writeFile(join(folder, 'a/millrace.yaml'), '');
  expect(findConfig(join(folder, 'a/b'))).toBe(join(folder, 'a/millrace.yaml'));
  expect(findConfig('/')).toBeUndefined();
});

describe('a reference', () => {
  const env = { HOST: 'example.org', EMPTY: '', MONEY: '$& ${env:HOST}' };

  test.each([
    ['plain', 'plain'],
    ['${env:HOST}', 'example.org'],
    ['https://${env:HOST}/x/${env:HOST}', 'https://example.org/x/example.org'],
    ['${env:MONEY}', '$& ${env:HOST}'],
  ])('%s', (text, expected) => expect(resolveReference(text, env)).toBe(expected));

  test.each(['${env:MISSING}', '${env:EMPTY}'])('%s names variable and field', (text) => {
    const name = text.slice(6, -1);
    expect(() => resolveReference(text, env, 'webhooks.oncall.url')).toThrow(
      `the environment variable ${name}, which webhooks.oncall.url takes by ${text}, is not set`,
    );
  });

  test.each(['${HOST}', '${secret:}', '${env:}', '${env:HOST'])('%s is none', (text) =>
    expect(() => resolveReference(text, env)).toThrow('is no reference; write ${env:NAME}'),
  );

  test('to a secret stands only where secrets go', () => {
    expect(() => resolveReference('${secret:arn}', env)).toThrow("can't stand here");
    const secrets = new Map([['${secret:arn}', 's3cret']]);
    expect(resolveReference('Bearer ${secret:arn}', env, undefined, secrets)).toBe('Bearer s3cret');
    expect(secretsIn('${secret:arn:aws:x#token} ${env:HOST}')).toEqual([
      { whole: '${secret:arn:aws:x#token}', id: 'arn:aws:x', field: 'token' },
    ]);
  });
});
