import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Command } from 'commander';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validate } from '../../src/cli/validate.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-validate-'));
  const step = (message: string): string =>
    `steps: [{ id: a, notify: { webhook: oncall, message: "${message}" } }]\n`;
  await writeFile(join(folder, 'good.yaml'), `name: p\n${step('hi')}`);
  await writeFile(join(folder, 'bad.yaml'), `name: P\n${step('${x}')}`);
  await writeFile(join(folder, 'millrace.yaml'), 'webhooks: { other: { url: "http://x" } }\n');
  await writeFile(join(folder, 'empty.yaml'), 'webhooks: { oncall: { url: "http://x" } }\n');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

async function run(...args: string[]): Promise<{ stdout: string; exitCode: typeof process.exitCode }> {
  let stdout = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  const program = new Command('millrace');
  validate(program);
  await program.parseAsync(['validate', ...args], { from: 'user' });
  const { exitCode } = process;
  return { stdout, exitCode };
}

const at = (name: string): string => join(folder, name);

describe('validate', () => {
  test('says nothing of a good file', async () => {
    expect(await run(at('good.yaml'), '--config', at('empty.yaml'))).toEqual({
      stdout: '',
      exitCode: undefined,
    });
    const { stdout, exitCode } = await run(at('good.yaml'), '--json', '--config', at('empty.yaml'));
    expect([JSON.parse(stdout), exitCode]).toEqual([[], undefined]);
  });

  test('has a line for each problem', async () => {
    const { stdout, exitCode } = await run(at('bad.yaml'), at('good.yaml'), '--config', at('millrace.yaml'));
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(`^${at('bad.yaml')}:1:7: "P" .*; .*$`),
      expect.stringMatching(
        `^${at('bad.yaml')}:2:37: the configuration has no webhook oncall; there are: other$`,
      ),
      expect.stringMatching(`^${at('bad.yaml')}:2:57: there is no variable x; there are: interval, .*$`),
      expect.stringMatching(`^${at('good.yaml')}:2:37: .*$`),
    ]);
    expect(exitCode).toBe(2);
  });

  test('takes the nearest configuration above each file where none is named', async () => {
    const own = join(folder, 'own');
    await mkdir(own);
    await writeFile(
      join(own, 'millrace.yaml'),
      'webhooks: { oncall: { url: "http://x" } }\npipelines: ["*.yml"]\n',
    );
    const step = '{ id: a, notify: { webhook: oncall, message: hi } }';
    await writeFile(join(own, 'a.yml'), `name: a\nafter: [b, c]\nsteps: [${step}]\n`);
    await writeFile(join(own, 'b.yml'), `name: b\nsteps: [${step}]\n`);
    const { stdout, exitCode } = await run(at('good.yaml'), join(own, 'a.yml'));
    expect(stdout.trimEnd().split('\n')).toEqual([
      expect.stringMatching(
        `^${at('good.yaml')}:2:37: the configuration has no webhook oncall; there are: other$`,
      ),
      expect.stringMatching(`^${join(own, 'a.yml')}:2:12: no pipeline is called c; there are: b$`),
    ]);
    expect(exitCode).toBe(2);
  });

  test('has them as JSON', async () => {
    const { stdout, exitCode } = await run(at('bad.yaml'), '--json', '--config', at('empty.yaml'));
    expect(JSON.parse(stdout)).toEqual([
      {
        file: at('bad.yaml'),
        line: 1,
        column: 7,
        code: 'bad-name',
        message: expect.any(String),
        fix: expect.any(String),
      },
      {
        file: at('bad.yaml'),
        line: 2,
        column: 57,
        code: 'unknown-root',
        message: expect.any(String),
        fix: expect.any(String),
      },
    ]);
    expect(exitCode).toBe(2);
  });

  test('tells once what is wrong with a configuration that is also the nearest, and shows how to write it', async () => {
    const wrong = join(folder, 'wrong');
    await mkdir(wrong);
    const file = join(wrong, 'millrace.yaml');
    await writeFile(file, 'pipelines: x\nengines: { etl: { type: duckdbb } }\n');
    const lines = [
      '1:12: pipelines is a text, "x"; write a list, like ["pipelines/*.yaml"]',
      '2:25: type is a text, "duckdbb"; write one of duckdb, local, qubole, livy, spark, emr, emr-serverless',
    ];
    const folderOfTest = process.cwd();
    process.chdir(wrong);
    try {
      const { stdout } = await run('millrace.yaml');
      expect(stdout).toBe(lines.map((line) => `millrace.yaml:${line}\n`).join(''));
    } finally {
      process.chdir(folderOfTest);
    }
  });

  test('takes a file that is not there, and a configuration', async () => {
    const { stdout, exitCode } = await run(
      at('none.yaml'),
      at('millrace.yaml'),
      '--config',
      at('empty.yaml'),
    );
    expect(stdout).toBe(
      `${at('none.yaml')}:1:1: the file can't be read: it does not exist; check the path\n`,
    );
    expect(exitCode).toBe(2);
  });
});
