import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadPipeline, type KnownPipeline } from '../../src/spec/load.ts';
import { PipelineFolder } from '../../src/spec/pipeline-folder.ts';
import { words } from './load-text.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'millrace-others-'))));
afterAll(() => rm(folder, { recursive: true }));

const known = (name: string, more: Partial<KnownPipeline> = {}): KnownPipeline => ({
  name,
  covers: 'day',
  params: {},
  refersTo: more.waitsFor ?? [],
  waitsFor: [],
  ...more,
});

const KNOWN: KnownPipeline[] = [
  known('orders', { params: { limit: { type: 'integer', default: 10, required: false } } }),
  known('monthly', { covers: 'month' }),
  known('ring', { waitsFor: ['orders', 'p'] }),
  known('ringed', { waitsFor: ['ring'] }),
  known('history', {
    params: {
      since: { type: 'date', default: null, required: true },
      note: { type: 'string', default: null, required: false },
    },
  }),
];

async function problemsOf(body: string, known?: KnownPipeline[]): Promise<string[]> {
  const file = join(folder, 'p.yaml');
  await writeFile(file, `name: p\n${body}\n`);
  return words(await loadPipeline(file, undefined, known));
}

const STEPS = 'steps: [{ id: a, putObject: { path: x, content: 1 } }]';
const step = (args: string) => `steps: [{ id: a, pipeline: ${args} }]`;

test.each([
  [`after: [orders]\n${STEPS}`],
  [step('{ name: orders, params: { limit: 3 } }')],
  [step('{ name: monthly, interval: "2001-01" }')],
  [step('{ name: orders, params: { limit: "3" } }')],
  [step('{ name: orders, params: { limit: "${2 + 2}" } }')],
  [step('{ name: history, params: { since: 2001-01-05, note: null } }')],
  [step('{ name: history, params: { since: "${interval.date}" } }')],
  [step('{ name: ring, interval: "${addDays(interval.date, -1)}" }')],
])('%s is fine', async (body) => {
  expect(await problemsOf(body, KNOWN)).toEqual([]);
});

test.each([
  [`after: [order]\n${STEPS}`, 'unknown-pipeline 2:9: no pipeline is called order; did you mean orders?'],
  [step('{ name: order }'), 'unknown-pipeline 2:36: no pipeline is called order; did you mean orders?'],
  [
    `after: [orders, monthly]\n${STEPS}`,
    'conflicting-fields 2:17: p covers a day and monthly a month: they have no interval in common; let both cover the same',
  ],
  [
    step('{ name: monthly }'),
    'conflicting-fields 2:36: p covers a day and monthly a month: they have no interval in common; say for which interval it is to run',
  ],
  [
    `after: [ringed]\n${STEPS}`,
    'cycle 2:9: p waits for ringed waits for ring waits for p: none of them could ever be done; take one of these out',
  ],
  [
    step('{ name: ring }'),
    'cycle 2:36: p waits for ring waits for p: none of them could ever be done; take one of these out',
  ],
  [
    step('{ name: orders, params: { limt: 1 } }'),
    'unknown-param 2:54: orders has no param limt; did you mean limit?',
  ],
  [
    step('{ name: monthly, interval: "2001-01", params: { limit: 1 } }'),
    'unknown-param 2:76: monthly has no param limit; leave it out',
  ],
  [
    step('{ name: orders, params: { limit: many } }'),
    'wrong-type 2:61: limit is "many", and it takes a whole number; write it like 12',
  ],
  [
    step('{ name: history }'),
    'missing-field 2:28: since is missing, and it takes a date; add params: { since: 2001-01-05 }',
  ],
  [
    step('{ name: history, params: { note: x } }'),
    'missing-field 2:53: since is missing, and it takes a date; add since: 2001-01-05',
  ],
  [
    step('{ name: history, params: { since: null } }'),
    'missing-field 2:55: since is missing, and it takes a date; write it like 2001-01-05',
  ],
])('%s is refused', async (body, problem) => {
  expect(await problemsOf(body, KNOWN)).toEqual([problem]);
});

test('without the others a pipeline still knows that it can not wait for itself', async () => {
  expect(await problemsOf(`after: [elsewhere]\n${STEPS}`)).toEqual([]);
  expect(await problemsOf(`after: [p]\n${STEPS}`)).toEqual([
    'cycle 2:9: p waits for p: none of them could ever be done; take one of these out',
  ]);
  expect(await problemsOf(step('{ name: P }'))).toEqual([
    'bad-name 2:36: "P" can\'t stand here; a pipeline’s name has small letters, digits and -, a letter first',
  ]);
});

test('a folder of pipelines is refused as a whole when one of them starts another wrongly', async () => {
  await mkdir(join(folder, 'starts'));
  const params = 'params: { since: { type: date, required: true } }';
  await writeFile(join(folder, 'starts', 'one.yaml'), `name: one\n${params}\n${STEPS}\n`);
  const two = step('{ name: one, interval: "${addDays(interval.date, -1)}", params: { since: today } }');
  await writeFile(join(folder, 'starts', 'two.yaml'), `name: two\n${two}\n`);
  await expect(new PipelineFolder(['starts/*.yaml'], folder).loadAll()).rejects.toThrow(
    /two\.yaml:2:101: since is "today", and it takes a date; write it like 2001-01-05/,
  );
});

test('a folder of pipelines is refused as a whole when one of them waits for what is not there', async () => {
  await mkdir(join(folder, 'all'));
  await writeFile(join(folder, 'all', 'one.yaml'), `name: one\n${STEPS}\n`);
  await writeFile(join(folder, 'all', 'two.yaml'), `name: two\nafter: [one, three]\n${STEPS}\n`);
  const pipelines = new PipelineFolder(['all/*.yaml'], folder);
  await expect(pipelines.loadAll()).rejects.toThrow(
    /two\.yaml:2:14: no pipeline is called three; there are: one/,
  );
  await expect(pipelines.load('two')).resolves.toMatchObject({ after: ['one', 'three'] });
  await expect(pipelines.load('on')).rejects.toThrow(/no pipeline is called on; .* has: one, two$/);
});
