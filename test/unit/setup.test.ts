import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

/* A small clone with stand-ins for what costs a network: the compiler, the programs on the PATH. */

let clone: string;
let bin: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'millrace-setup-'));
  bin = join(clone, 'path');
  cpSync('scripts', join(clone, 'scripts'), { recursive: true });
  cpSync('bin', join(clone, 'bin'), { recursive: true });
  const packages = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  };
  write('package-lock.json', JSON.stringify({ packages }));
  write(
    'node_modules/.package-lock.json',
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  );
  write(
    'node_modules/typescript/bin/tsc',
    `const { cpSync, appendFileSync } = require('node:fs');
     cpSync('src/a.ts', 'dist/src/a.js');
     appendFileSync('builds', '+');`,
  );
  for (const name of ['tsconfig.json', 'tsconfig.build.json']) write(name, '{}');
  write('src/a.ts', 'export {};');
  program('temporal', 'exit 0');
  program('ministack', 'exit 0');
  program('python3', 'echo "Error: ensurepip is not available"; [ "$1" = -c ] && echo 3 11 || exit 1');
});

afterEach(() => rmSync(clone, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(clone, path)), { recursive: true });
  writeFileSync(join(clone, path), text);
}

function program(name: string, script: string): void {
  write(`path/${name}`, `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

const setup = (...args: string[]) =>
  new Promise<{ code: number; stderr: string }>((resolve) => {
    // Nothing but the stand-ins is on the PATH.
    const options = { cwd: clone, env: { PATH: bin } };
    execFile(process.execPath, ['scripts/setup.mjs', ...args], options, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stderr }),
    );
  });

const tools = () => JSON.parse(readFileSync(join(clone, '.millrace/tools.json'), 'utf8'));
const builds = () => readFileSync(join(clone, 'builds'), 'utf8').length;

describe('set-up', () => {
  test('takes what is on the PATH, says what is missing, and has nothing to say the second time', async () => {
    const first = await setup();
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/no httpfs: .*apt install python3-venv/);
    expect(tools()).toMatchObject({
      temporal: join(bin, 'temporal'),
      ministack: join(bin, 'ministack'),
      httpfs: null,
    });
    expect(existsSync(join(clone, 'node_modules/.bin/millrace'))).toBe(true);

    expect(await setup()).toEqual({ code: 0, stderr: '' });
    expect(builds()).toBe(1);
  });

  test('fails in one line that says what to do when an indispensable program cannot be had', async () => {
    rmSync(join(bin, 'ministack'));
    rmSync(join(bin, 'python3'));
    const { code, stderr } = await setup();
    expect(code).toBe(2);
    expect(stderr.trim().split('\n').at(-1)).toMatch(
      /^set-up: no ministack, httpfs: .*install Python 3.10 or newer/,
    );
  });

  test('does not need the Temporal server where one is given', async () => {
    rmSync(join(bin, 'temporal'));
    const env = { PATH: bin, TEMPORAL_ADDRESS: 'temporal.example:7233' };
    execFileSync(process.execPath, ['scripts/setup.mjs'], { cwd: clone, env, stdio: 'ignore' });
    expect(tools()).toMatchObject({ temporal: null, ministack: join(bin, 'ministack') });
  });

  test('refuses a program on the PATH that does not run', async () => {
    program('ministack', 'exit 127');
    const { code, stderr } = await setup();
    expect(code).toBe(2);
    expect(stderr).toContain('no ministack');
  });

  test('builds again when a source changes, and removes what was compiled from one that is gone', async () => {
    await setup();
    write('dist/src/gone.js', '');
    write('src/a.ts', 'export const a = 1;');
    expect((await setup()).stderr).toContain('build');
    expect(readFileSync(join(clone, 'dist/src/a.js'), 'utf8')).toContain('a = 1');
    expect(existsSync(join(clone, 'dist/src/gone.js'))).toBe(false);
  });

  test('builds again after a build that was interrupted', async () => {
    await setup();
    rmSync(join(clone, 'dist/stamp'));
    expect((await setup()).code).toBe(0);
    expect(builds()).toBe(2);
  });

  test('says that the build failed, and why', async () => {
    write('node_modules/typescript/bin/tsc', `console.log('src/a.ts(1,1): wrong'); process.exit(1)`);
    const { code, stderr } = await setup();
    expect(code).toBe(2);
    expect(stderr).toContain('src/a.ts(1,1): wrong');
  });

  test('two at once do the work once', async () => {
    const both = await Promise.all([setup(), setup()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(builds()).toBe(1);
    expect(existsSync(join(clone, '.millrace/setup.lock'))).toBe(false);
  });

  test('takes the lock of a set-up that was killed', async () => {
    const dead = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim();
    write('.millrace/setup.lock', dead);
    expect((await setup()).code).toBe(0);
  });

  test('refuses an argument that it does not know', async () => {
    expect(await setup('--tset')).toEqual({
      code: 2,
      stderr: 'set-up: unknown argument --tset; there are --test and --spark\n',
    });
  });
});

test('the launcher says what to do in a clone that is not built', () => {
  const launch = () =>
    execFileSync(process.execPath, [join(clone, 'bin/millrace.js')], { encoding: 'utf8', stdio: 'pipe' });
  expect(launch).toThrow(
    expect.objectContaining({ status: 2, stderr: expect.stringContaining('npm run setup') }),
  );
});
