import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A small project with our layout: what each file imports, and the wall that this breaks. */
const BREAKS: [file: string, imports: string, wall: string][] = [
  ['workflows/activity.ts', '../activities/plain.ts', 'workflows-are-deterministic'],
  ['workflows/engine.ts', '../src/engines/livy/plain.ts', 'workflows-are-deterministic'],
  ['workflows/core.ts', 'node:fs', 'workflows-are-deterministic'],
  ['workflows/client.ts', '@temporalio/client', 'workflows-are-deterministic'],
  ['src/domain/core.ts', 'node:crypto', 'domain-is-pure'],
  ['src/domain/adapter.ts', '../storage/plain.ts', 'domain-is-pure'],
  ['activities/vendor.ts', '../src/engines/livy/plain.ts', 'activities-know-no-vendor'],
  ['activities/sdk.ts', '@aws-sdk/client-s3', 'activities-know-no-vendor'],
  ['src/engines/livy/temporal.ts', '@temporalio/common', 'adapters-know-no-temporal'],
  ['src/engines/livy/spec.ts', '../../spec/plain.ts', 'adapters-stand-alone'],
  ['src/engines/livy/storage.ts', '../../storage/plain.ts', 'adapters-do-not-know-each-other'],
  ['src/engines/livy/spark.ts', '../spark/plain.ts', 'engines-do-not-know-each-other'],
  ['src/spec/engine.ts', '../engines/livy/plain.ts', 'spec-and-triggers-read-no-vendor'],
  ['src/triggers/worker.ts', '@temporalio/worker', 'triggers-are-clients'],
  ['src/storage/config.ts', '../config.ts', 'only-programs-put-it-together'],
  ['src/worker.ts', './cli/plain.ts', 'nobody-imports-the-command-line'],
  ['emulators/ours.ts', '../src/domain/plain.ts', 'emulators-are-strangers'],
  ['src/cli/emulator.ts', '../../emulators/plain.ts', 'nobody-imports-an-emulator'],
  ['src/cli/run.ts', './stack/stack.ts', 'only-dev-and-demo-start-emulators'],
  ['src/cli/tested.ts', '../../test/plain.ts', 'no-tests-in-programs'],
  ['src/publishers/cycle.ts', './cycle-back.ts', 'no-cycles'],
  ['src/notifiers/lost.ts', './not-there.ts', 'all-imports-resolve'],
  ['src/notifiers/development.ts', 'jest', 'no-development-packages'],
];

/** What the walls let through. */
const ALLOWED: [file: string, imports: string][] = [
  ['workflows/index.ts', '../src/domain/plain.ts'],
  ['workflows/sdk.ts', '@temporalio/workflow'],
  ['src/domain/clock.ts', 'luxon'],
  ['activities/index.ts', '../src/domain/plain.ts'],
  ['activities/hash.ts', 'node:crypto'],
  ['src/engines/livy/index.ts', '../../domain/plain.ts'],
  ['src/engines/livy/client.ts', 'got'],
  ['src/cli/dev.ts', './stack/stack.ts'],
  ['src/cli/worker.ts', '../worker.ts'],
];

interface Violation {
  from: string;
  rule: { name: string };
  cycle?: { name: string }[];
}

let folder: string;
let violations: Violation[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-walls-'));
  const write = async (file: string, text: string) => {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  const targets = [...BREAKS, ...ALLOWED]
    .filter(([, imports]) => imports.startsWith('.') && !imports.includes('not-there'))
    .map(([file, imports]) => join(dirname(file), imports));
  for (const target of targets) await write(target, 'export const plain = 1;\n');
  for (const [file, imports] of [...BREAKS, ...ALLOWED]) {
    await write(file, `import * as other from '${imports}';\nexport const own = other;\n`);
  }
  await write('src/publishers/cycle-back.ts', `export * from './cycle.ts';\n`);
  await write(
    'workflows/types.ts',
    `import type { plain } from '../activities/plain.ts';\nexport type Plain = typeof plain;\n`,
  );
  for (const file of ['package.json', 'tsconfig.json']) await cp(join(root, file), join(folder, file));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  violations = await cruise();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function cruise(): Promise<Violation[]> {
  const depcruise = join(root, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
  const config = join(root, '.dependency-cruiser.cjs');
  const args = [
    depcruise,
    '--config',
    config,
    '--output-type',
    'json',
    'src',
    'workflows',
    'activities',
    'emulators',
  ];
  return new Promise((resolve, reject) => {
    // Its exit code is the number of errors.
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 << 20 }, (_error, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr));
      else resolve((JSON.parse(stdout) as { summary: { violations: Violation[] } }).summary.violations);
    });
  });
}

/** A cycle is reported once, for one of its files. */
const wallsBrokenBy = (file: string) =>
  violations
    .filter(({ from, cycle }) => from === file || cycle?.some(({ name }) => name === file))
    .map(({ rule }) => rule.name);

describe('the walls', () => {
  test.each(BREAKS)('%s may not import %s: %s', (file, _imports, wall) => {
    expect(wallsBrokenBy(file)).toContain(wall);
  });

  test.each(ALLOWED)('%s may import %s', (file) => {
    expect(wallsBrokenBy(file)).toEqual([]);
  });

  test('a workflow may import a type from anywhere', () => {
    expect(wallsBrokenBy('workflows/types.ts')).toEqual([]);
  });
});
