import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

test('a pipeline whose file is just being written is read when it is there', async () => {
  const pipelines = new PipelineFolder(['*.late'], folder);
  await put('late.late', '');
  const loading = pipelines.load('late');
  await sleep(300);
  await put('late.late', pipeline('late', '4'));
  expect((await loading).name).toBe('late');

  await put('late.late', 'name: late\nstepss: []\n');
  await expect(pipelines.load('late')).rejects.toThrow('late has errors');
});
