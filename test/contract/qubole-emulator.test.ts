import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { python, qds, type Said } from './qds.ts';
import { makeQuboleWorld, type QuboleWorld } from './qubole-world.ts';

/* The official command line of Qubole against the stand-in. */

let world: QuboleWorld;
beforeAll(async () => {
  world = await makeQuboleWorld({ bootMs: 300 });
});
afterAll(() => world.close());

const run = (...args: string[]): Promise<Said> => qds(world.standIn.url, world.standIn.token, ...args);

async function ok(...args: string[]): Promise<string> {
  const said = await run(...args);
  if (said.code !== 0) throw new Error(JSON.stringify(said));
  return said.stdout;
}

async function submitted(...args: string[]): Promise<string> {
  const [, id = ''] = /Id: (\d+)/.exec(await ok(...args)) ?? [];
  return id;
}

interface Shown {
  id: number;
  name: string;
  status: string;
  command: { sub_commands?: { status: string }[] };
}

async function until(id: string, statuses: string[]): Promise<Shown> {
  for (;;) {
    const shown = (await world.ask('GET', `v1.2/commands/${id}`)) as Shown;
    if (statuses.includes(shown.status)) return shown;
    await sleep(50);
  }
}

test('submit, check, getlog, getresult', async () => {
  const script = 'echo working >&2; echo one; echo two';
  const id = await submitted('shellcmd', 'submit', '--script', script, '--name', 'by-hand', '--tags', 'a,b');
  await until(id, ['done']);
  const shown = JSON.parse(await ok('shellcmd', 'check', id, 'true')) as object;
  expect(shown).toMatchObject({
    status: 'done',
    name: 'by-hand',
    tags: ['a', 'b'],
    command_type: 'ShellCommand',
  });
  expect(await ok('shellcmd', 'getlog', id)).toBe('working\n\n');
  expect(await ok('shellcmd', 'getresult', id)).toBe('one\ntwo\n');
});

test('run waits for the end, prints the rows, and follows the log', async () => {
  const said = await run(
    'hivecmd',
    'run',
    '--query',
    'select 1 as a, "x" as b union all select 2, `c` from (select \'y\' as c) order by 1',
  );
  expect(said).toMatchObject({ code: 0, stdout: '1\tx\r\n2\ty\r\n' });
  const live = await run(
    'shellcmd',
    'run',
    '--script',
    'echo begins >&2; sleep 3; echo ends >&2',
    '--print-logs-live',
  );
  expect(live.stderr).toMatch(/begins[\s\S]*ends/);
});

test('a command that fails', async () => {
  const said = await run('prestocmd', 'run', '--query', 'select delayy from (select 1 as delay)');
  expect(said.code).toBe(1);
  const [{ id }] = ((await world.ask('GET', 'v1.2/commands?status=failed')) as { commands: [Shown] })
    .commands;
  expect(await ok('prestocmd', 'getlog', String(id))).toMatch(/Query failed: .*"delayy" not found/);
});

test('cancel kills what runs, and says of an ended one that it has ended', async () => {
  const id = await submitted('shellcmd', 'submit', '--script', 'sleep 600');
  await until(id, ['running']);
  expect(await ok('shellcmd', 'cancel', id)).toContain('Command killed successfully');
  await until(id, ['cancelled']);
  const again = await run('shellcmd', 'cancel', id);
  expect(again).toMatchObject({ code: 12, stderr: expect.stringContaining('already cancelled') });
});

test('list shows a page, newest first', async () => {
  for (const name of ['first', 'second', 'third'])
    await submitted('shellcmd', 'submit', '--script', 'true', '--name', name);
  const script = `
import json, sys
from qds_sdk.qubole import Qubole
from qds_sdk.commands import Command
Qubole.configure(api_token=sys.argv[2], api_url=sys.argv[1])
print(json.dumps([Command.list(page=p, per_page=2) for p in (1, 2)] + [Command.list(name='second')]))
`;
  const { stdout } = await python(['-c', script, world.standIn.url, world.standIn.token]);
  const [one, two, filtered] = JSON.parse(stdout) as { commands: Shown[]; paging_info: object }[];
  expect(one?.commands.map(({ name }) => name)).toEqual(['third', 'second']);
  expect(one?.paging_info).toEqual({ next_page: 2, previous_page: null, per_page: 2 });
  expect(two?.commands[0]?.name).toBe('first');
  expect(filtered?.commands.map(({ name }) => name)).toEqual(['second']);
  // Its command `list` ends with the JSON in place of an exit code, which Python prints to stderr.
  const { stderr } = await run('shellcmd', 'list', '--page', '1', '--per-page', '1');
  expect(JSON.parse(stderr)).toMatchObject({ commands: [{ name: 'third' }] });
});

test('cluster start, status, terminate; a command starts a cluster, which stops when it is idle', async () => {
  const state = async () => JSON.parse(await ok('cluster', 'status', 'etl')) as { state: string };
  expect(await state()).toMatchObject({ state: 'DOWN', nodes: [] });
  expect(await ok('cluster', 'start', 'etl')).toContain('Starting');
  while ((await state()).state !== 'UP');
  expect(await ok('cluster', 'terminate', 'etl')).toContain('Terminating');
  while ((await state()).state !== 'DOWN');
  await world.order('_clusters/etl', { idleMs: 100 });
  const id = await submitted('shellcmd', 'submit', '--script', 'true', '--cluster-label', 'etl');
  await until(id, ['done']);
  while ((await state()).state !== 'DOWN');
  expect(await state()).toMatchObject({ terminate_reason: expect.stringContaining('idle') });
});

test('a cluster that does not come up ends its commands in error', async () => {
  await world.order('_clusters/etl', { failure: 'no instances of that type' });
  const id = await submitted('shellcmd', 'submit', '--script', 'true', '--cluster-label', 'etl');
  await until(id, ['error']);
  expect(await ok('shellcmd', 'getlog', id)).toContain('no instances of that type');
  await world.order('_clusters/etl', { failure: null });
});

test('a cluster that is terminated takes its running commands along', async () => {
  const id = await submitted('shellcmd', 'submit', '--script', 'sleep 600', '--cluster-label', 'etl');
  await until(id, ['running']);
  await ok('cluster', 'terminate', 'etl');
  await until(id, ['error']);
  expect(await ok('shellcmd', 'getlog', id)).toContain('Cluster: Terminated by a user');
});

test('a command is tried again as often as it says, and killed when its time is up', async () => {
  const file = join(world.folder, 'tries');
  const command = {
    command_type: 'ShellCommand',
    inline: `echo $(cat '${file}'); echo x >>'${file}'; exit 1`,
  };
  const post = async (body: object) =>
    String(((await world.ask('POST', 'v1.2/commands', body)) as { id: number }).id);
  await until(await post({ ...command, retry: 2 }), ['error']);
  expect(readFileSync(file, 'utf8')).toBe('x\nx\nx\n');
  const third = `echo x >>'${file}'; [ "$(wc -l <'${file}')" -ge 5 ] && echo good`;
  const id = await post({ ...command, inline: third, retry: '3' });
  await until(id, ['done']);
  expect(await ok('shellcmd', 'getresult', id)).toBe('good\n');
  const late = await post({ command_type: 'ShellCommand', inline: 'sleep 600', timeout: 1 });
  await until(late, ['cancelled']);
  expect(await ok('shellcmd', 'getlog', late)).toContain('timed out after 1 seconds');
});

test('a workflow ends at its first failure', async () => {
  const part = (inline: string) => ({ command_type: 'ShellCommand', inline });
  const { id } = (await world.ask('POST', 'v1.2/commands', {
    command_type: 'CompositeCommand',
    sub_commands: [part('echo $x$'), part('echo 2; exit 3'), part('echo 3')],
    macros: [{ x: "'one'.toUpperCase()" }],
  })) as { id: number };
  const { command } = await until(String(id), ['error']);
  expect(command.sub_commands?.map(({ status }) => status)).toEqual(['done', 'error', 'waiting']);
});

test('a program in Python', async () => {
  const program = 'import sys; print(sys.argv[1:])';
  const said = await run(
    'sparkcmd',
    'run',
    '--program',
    program,
    '--language',
    'python',
    '--user_program_arguments',
    "a 'b c'",
  );
  expect(said).toMatchObject({ code: 0, stdout: "['a', 'b c']\n" });
});

test('what is refused', async () => {
  const wrong = await qds(world.standIn.url, 'wrong', 'shellcmd', 'submit', '--script', 'true');
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Invalid Token') });
  const unknown = await run('shellcmd', 'check', '999999');
  expect(unknown.code).not.toBe(0);
  expect(unknown.stderr).toContain("Couldn't find Command with id 999999");
  const running = await submitted('shellcmd', 'submit', '--script', 'sleep 600');
  expect(await world.ask('GET', `v1.2/commands/${running}/results`)).toEqual({
    error: { error_code: 422, error_message: 'Command is not done. Results are unavailable.' },
  });
  await ok('shellcmd', 'cancel', running);
  for (const body of [
    { command_type: 'HiveCommand' },
    { command_type: 'HiveCommand', query: 'select 1', script_location: 's3://x' },
    { command_type: 'ShellCommand', inline: 'true', name: 'a<b' },
    { command_type: 'ShellCommand', inline: 'true', label: 'nowhere' },
    { command_type: 'NoCommand' },
  ])
    expect(await world.ask('POST', 'v1.2/commands', body)).toMatchObject({ error: { error_code: 422 } });
});
