import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { millrace } from './cli.ts';
import { createWorld, type World } from './world.ts';

/* What a wrong word ends in: an exit code, one line on stderr, an object on stdout. */

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(async () => world?.stop(), 60_000);

async function failure(args: string[], env: Record<string, string> = {}) {
  const flags = args.includes('--config') ? [] : ['--config', world.config];
  const ran = await millrace([...args, ...flags, '--json'], { ...world.stack.env, NO_COLOR: '1', ...env });
  const { error } = JSON.parse(ran.stdout.trimEnd().split('\n').at(-1) ?? '') as { error: object };
  return { code: ran.code, ...error, lines: ran.stderr.trimEnd().split('\n') };
}

test.each(['runs', 'show p/1', 'run p', 'worker'])(
  'a namespace that is not there is bad input: %s',
  async (words) => {
    await writeFile(
      join(world.folder, 'p.pipeline.yaml'),
      'name: p\nsteps: [{ id: a, putObject: { path: "s3://lake/x", content: x } }]\n',
    );
    expect(await failure([...words.split(' '), '--namespace', 'nope'])).toMatchObject({
      code: 2,
      type: 'NoNamespace',
      lines: [expect.stringMatching(/^error: Temporal has no namespace nope; .*--namespace/)],
    });
  },
);

test('so is a profile that is not there', async () => {
  expect(await failure(['runs', '--profile', 'nope'])).toMatchObject({
    code: 2,
    lines: [expect.stringMatching(/^error: .*'nope' not found.*--profile/)],
  });
});

test.each(['show', 'cancel', 'logs'])('so is what is no run ID: %s', async (command) => {
  const handle = await world.start(
    command,
    'steps: [{ id: a, putObject: { path: "s3://lake/x", content: x } }]\n',
    '2001-01-05',
  );
  await handle.result();
  const absent = '01a22d75-3ddc-7dd8-b7b9-2186c67ac2ab';
  for (const run of [`${command}/2001-01-05@abc`, `${command}/2001-01-05@${absent}`]) {
    expect(await failure([command, run])).toMatchObject({
      code: 2,
      type: 'NotFound',
      lines: [expect.stringContaining(`Temporal has no run ${run};`)],
    });
  }
});

test('a variable that is not set is bad input, and no server is to blame', async () => {
  const config = join(world.folder, 'variable', 'millrace.yaml');
  await mkdir(join(world.folder, 'variable'));
  await writeFile(config, 'engines: { q: { type: qubole, token: x, url: "${env:NOT_SET}" } }\n');
  for (const args of [['orphans'], ['logs', 'p/2001-01-05'], ['worker']]) {
    expect(await failure([...args, '--config', config])).toMatchObject({
      code: 2,
      type: 'Rejected',
      lines: [expect.stringMatching(/^error: the environment variable NOT_SET, .*; set it/)],
    });
  }
});

test('an error is one line, however much is wrong', async () => {
  const config = join(world.folder, 'wrong', 'millrace.yaml');
  await mkdir(join(world.folder, 'wrong'));
  await writeFile(config, 'taskQueue: 3\npipelines: x\nbogus: 1\n');
  expect(await failure(['run', 'p', '--config', config])).toMatchObject({
    code: 2,
    problems: [{}, {}, {}],
    lines: [expect.stringMatching(/:1:12: taskQueue is .* \(and 2 more\); .*millrace validate/)],
  });
  await writeFile(config, 'pipelines: ["*.p.yaml"]\n');
  await writeFile(join(world.folder, 'wrong', 'a.p.yaml'), 'name: a\nbogus: 1\n');
  for (const command of [['apply'], ['listen', '--routes']]) {
    expect(await failure([...command, '--config', config])).toMatchObject({
      code: 2,
      lines: [expect.stringMatching(/ \(and 1 more\); /)],
    });
  }
  expect(await failure(['log'])).toMatchObject({
    code: 2,
    lines: [expect.stringMatching(/^error: unknown command 'log' \(Did you mean logs\?\); see/)],
  });
});
