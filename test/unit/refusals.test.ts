import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectionsOf, loadConfig } from '../../src/spec/load-config.ts';
import { loadPipeline } from '../../src/spec/load.ts';

/* What engines refuse of kinds that they take is told before a run. */

const CONFIG = `engines:
  livy: { type: livy, url: 'http://livy:8998', staging: 's3://lake/staging/' }
  emr: { type: emr, cluster: nightly, staging: 's3://lake/staging/' }
  serverless: { type: emr-serverless, application: 00f, executionRole: x, staging: 's3://lake/staging/' }
  qubole: { type: qubole, token: '\${env:QDS_TOKEN}' }
  pushing: { type: qubole, token: '\${env:QDS_TOKEN}', push: { queue: 'https://sqs.invalid/q' } }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-refusals-'));
  await writeFile(join(folder, 'millrace.yaml'), CONFIG);
});
afterAll(() => rm(folder, { recursive: true }));

async function problemsOf(step: string) {
  const { config } = await loadConfig(join(folder, 'millrace.yaml'));
  if (config === undefined) throw new Error('the configuration is wrong');
  const file = join(folder, 'p.yaml');
  await writeFile(file, `name: p\nsteps:\n  - id: a\n    ${step}\n`);
  return (await loadPipeline(file, connectionsOf(config))).problems;
}

const SPARK = 'python: s3://x/y.py';
const SHELL = 'commands: [{ shell: { script: ls } }]';

test.each([
  [`spark: { engine: livy, ${SPARK}, options: [--jars, x.jar] }`, 'options', 'livy takes no options'],
  ['spark: { engine: emr, program: x, language: scala }', 'language', 'emr runs a `program` in python only'],
  ['spark: { engine: serverless, program: x, language: R }', 'language', 'serverless runs a `program`'],
  ["hive: { engine: emr, query: select 1, hiveVersion: '3.1' }", 'hiveVersion', 'emr has the Hive of'],
  ["hive: { engine: serverless, query: select 1, hiveVersion: '3.1' }", 'hiveVersion', 'serverless has the'],
  ['spark: { engine: qubole, cmdline: x, arguments: [y] }', 'arguments', 'qubole takes no arguments beside'],
  ['spark: { engine: qubole, cmdline: x, conf: { a: 1 } }', 'conf', 'qubole takes no conf beside'],
  ['spark: { engine: qubole, cmdline: x, options: [y] }', 'options', 'qubole takes no options beside'],
  [
    'chain: { engine: qubole, commands: [{ spark: { cmdline: x, arguments: [y] } }] }',
    'arguments',
    'qubole takes no arguments beside',
  ],
  [`chain: { engine: qubole, ${SHELL}, push: true }`, 'push', 'qubole has no queue for a chain with push'],
])('%s', async (step, field, message) => {
  const problems = await problemsOf(step);
  expect(problems).toMatchObject([
    {
      code: 'engine-cannot',
      line: 4,
      column: 5 + step.lastIndexOf(`${field}:`),
      message: expect.stringContaining(`the engine ${message}`),
      fix: expect.stringMatching(/^(write|remove|add) /),
    },
  ]);
});

test.each([
  `spark: { engine: livy, ${SPARK}, options: [] }`,
  'spark: { engine: emr, program: x, language: python }',
  `spark: { engine: emr, ${SPARK}, options: [--jars, x.jar] }`,
  "hive: { engine: qubole, query: select 1, hiveVersion: '3.1' }",
  `spark: { engine: qubole, ${SPARK}, arguments: [x] }`,
  `chain: { engine: pushing, ${SHELL}, push: true }`,
  `chain: { engine: qubole, ${SHELL}, push: false }`,
])('%s is fine', async (step) => expect(await problemsOf(step)).toEqual([]));
