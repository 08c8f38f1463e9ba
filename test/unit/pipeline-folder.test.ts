import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PipelineFolder } from '../../src/spec/pipeline-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

const put = (name: string, text: string) => writeFile(join(folder, name), text);
const pipeline = (name: string, content: string) =>
  `name: ${name}\nsteps:\n  - { id: a, putObject: { path: 's3://b/${name}', content: ${content} } }\n`;

test('the pipelines that are valid follow every change of the files, and an unchanged one is not loaded again', async () => {
  const pipelines = new PipelineFolder(['*.yaml'], folder);
  const seen = async () => {
    const valid = await pipelines.loadValid();
    return valid.map(({ name, steps }) => [name, (steps[0]?.args as { content: unknown }).content]);
  };
  await put('one.yaml', pipeline('one', '1'));
  await put('two.yaml', pipeline('two', '{ file: two.sql'));
  expect(await seen()).toEqual([['one', 1]]);

  const [first] = await pipelines.loadValid();
  expect((await pipelines.loadValid())[0]).toBe(first);

  await put('two.yaml', pipeline('two', '2'));
  await put('one.yaml', pipeline('one', '9'));
  expect(await seen()).toEqual([
    ['one', 9],
    ['two', 2],
  ]);

  await rm(join(folder, 'one.yaml'));
  await put('two.yaml', 'name: two\nstepss: []\n');
  expect(await seen()).toEqual([]);

  await put('two.yaml', pipeline('two', '3'));
  expect(await seen()).toEqual([['two', 3]]);
});
