import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FUNCTIONS, METHODS } from '../../src/domain/expression-functions.ts';
import { FAILURE } from '../../src/domain/failure.ts';
import { loadConfig } from '../../src/spec/load-config.ts';
import { loadPipeline } from '../../src/spec/load.ts';
import { KINDS } from '../../src/spec/steps/index.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const below = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

const PAGES = ['README.md', ...below('docs'), ...below('examples')].filter((name) => name.endsWith('.md'));

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const withoutCode = (text: string): string =>
  text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');

/** The anchors of a page, as GitHub makes them of its headings. */
const anchors = (page: string): string[] =>
  [
    ...read(page)
      .replaceAll(/^```.*?^```/gms, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );

const blocks = (page: string, language: string): string[] =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, text = '']) => text,
  );

const each = (language: string, isMeant: (text: string) => boolean): [page: string, text: string][] =>
  PAGES.flatMap((page) =>
    blocks(page, language)
      .filter(isMeant)
      .map((text): [string, string] => [page, text]),
  );

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'millrace-docs-'))));
afterAll(() => rm(folder, { recursive: true }));

async function problemsOf(text: string, load: typeof loadPipeline | typeof loadConfig): Promise<string[]> {
  const file = join(folder, 'block.yaml');
  await writeFile(file, text);
  const { problems } = await load(file);
  return problems.map(({ line, column, message, fix }) => `${line}:${column}: ${message}; ${fix}`);
}

/** Single steps are shown as they stand in a file; what they look at comes before them. */
const AROUND = `name: shown
defaults: { engine: etl, warehouse: analytics }
params: { alertAbove: 10 }
steps:
`;
const BEFORE: Record<string, string> = {
  routes:
    '  - id: routes\n    sql: { query: select 1 as one, output: { path: s3://lake/x/, format: parquet } }\n',
  mean: '  - id: mean\n    redshiftSql: { query: select 1 as mean }\n',
};

const isStep = (text: string): boolean => text.startsWith('- id: ');
const isPipeline = (text: string): boolean => /^steps:/m.test(text);
const isConfig = (text: string): boolean => /^(engines|warehouses|taskQueue):/m.test(text);

describe('what the docs show', () => {
  test.each(each('yaml', isPipeline))('%s: a pipeline is valid', async (_page, text) => {
    expect(await problemsOf(text, loadPipeline)).toEqual([]);
  });

  test.each(each('yaml', isStep))('%s: a step is valid', async (_page, text) => {
    const before = Object.entries(BEFORE)
      .filter(([id]) => !text.includes(`id: ${id}\n`))
      .map(([, step]) => step);
    const steps = text.replaceAll(/^(?=.)/gm, '  ');
    expect(await problemsOf(AROUND + before.join('') + steps, loadPipeline)).toEqual([]);
  });

  test.each(each('yaml', isConfig))('%s: a configuration is valid', async (_page, text) => {
    expect(await problemsOf(text, loadConfig)).toEqual([]);
  });

  test.each(each('json', () => true))('%s: JSON is JSON', (_page, text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });
});

describe('what the docs name', () => {
  test.each(PAGES)('%s: every relative link leads somewhere', (page) => {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path);
        if (!existsSync(target)) return true;
        return anchor !== undefined && !anchors(relative(ROOT, target)).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  test('every command exists', () => {
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'bin/millrace.js'), '--help'], {
      encoding: 'utf8',
    });
    const commands = [...stdout.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\bnpx millrace ([a-z]+)/g)].map(([, name]) => name),
    );
    expect(commands).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  test('every script exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\bnpm (?:run (?:--\w+ )?([\w-]+)|(test)\b)/g)].map(
        ([, run, other]) => run ?? other,
      ),
    );
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining([...new Set(named)]));
  });

  test('every kind, function and type of failure has its place', () => {
    const reference = read('docs/pipeline-file.md');
    expect(anchors('docs/pipeline-file.md')).toEqual(
      expect.arrayContaining(KINDS.map((kind) => kind.toLowerCase())),
    );
    const unnamed = [...Object.keys(FUNCTIONS), ...Object.keys(METHODS)].filter(
      (name) => !reference.includes(`${name}(`),
    );
    expect(unnamed).toEqual([]);
    const types = Object.keys(FAILURE).map((type) => type.toLowerCase());
    expect(anchors('docs/troubleshooting.md')).toEqual(expect.arrayContaining(types));
  });
});
