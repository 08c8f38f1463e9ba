import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ENGINES } from '../../src/spec/engines.ts';
import { loadPipeline } from '../../src/spec/load.ts';

const at = (path: string) => new URL(`../../${path}`, import.meta.url);

describe.each(Object.keys(ENGINES))('the engine %s', (type) => {
  test('passes the contract', () => {
    const files = ['contract', 'engines']
      .map((suite) => at(`test/${suite}/${type}.test.ts`))
      .filter(existsSync);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([
      expect.stringContaining('describeEngine('),
    ]);
  });

  test('has its section and its rows in the docs', () => {
    const page = readFileSync(at('docs/engines.md'), 'utf8');
    expect(page).toContain(`\n## ${type}\n`);
    const section = (title: string) =>
      page.split('\n## ').find((part) => part.startsWith(`${title}\n`)) ?? '';
    const [can, proven] = [section('What each can do'), section('What is proven')];
    expect(proven).toContain(`| \`${type}\` |`);
    expect(can).toContain(`| \`${type}\` |`);
  });
});

describe('a step that its engine can’t run is told with its line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-engines-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const connections = {
    engines: ['etl', 'here', 'cluster'],
    warehouses: [],
    webhooks: [],
    topics: [],
    abilities: {
      etl: { kinds: ['sql'] },
      here: { kinds: ['shell'] },
      cluster: { kinds: ['sql', 'spark', 'shell'], spark: ['jar'] },
    },
  } as const;

  test.each([
    ['hive: { engine: etl, query: select 1 }', "4:5 the engine etl can't run hive", 'one of sql'],
    ['spark: { engine: cluster, cmdline: x }', '4:31 the engine cluster takes no cmdline', 'one of jar'],
    ['shell: { script: ls }', "4:5 the engine etl can't run shell", 'one of sql'],
    [
      'chain: { engine: here, commands: [{ shell: { script: ls } }, { presto: { query: select 1 } }] }',
      "4:68 the engine here can't run presto",
      'one of shell',
    ],
  ])('%s', async (step, place, fix) => {
    const file = join(folder, 'p.yaml');
    await writeFile(file, `name: p\ndefaults: { engine: etl }\nsteps: [{ id: a,\n    ${step} }]\n`);
    const { problems } = await loadPipeline(file, connections);
    expect(problems.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
      expect.stringContaining(place),
    ]);
    expect(problems[0]).toMatchObject({ code: 'engine-cannot', fix: expect.stringContaining(fix) });
  });

  test.each([
    'shell: { engine: here, script: ls }',
    'spark: { engine: cluster, jar: s3://x/y.jar, mainClass: X }',
  ])('%s is fine', async (step) => {
    const file = join(folder, 'q.yaml');
    await writeFile(file, `name: p\nsteps:\n  - id: a\n    ${step}\n`);
    expect((await loadPipeline(file, connections)).problems).toEqual([]);
  });
});
