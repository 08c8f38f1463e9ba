#!/usr/bin/env node
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';

/*
 * Records the histories of this version that test/replay replays from now on: starts the demo, has runs end in every
 * way there is, and writes test/replay/histories/<version>-<what>.json. Takes about a minute and a half.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { temporal } = JSON.parse(readFileSync(join(root, '.millrace', 'tools.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = join(root, 'test', 'replay', 'histories');
const say = (text) => process.stderr.write(`${text}\n`);

const stack = spawn(process.execPath, ['bin/millrace.js', 'demo', '--keep', '--json'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = new Promise((resolve) => stack.once('close', resolve));
let connection;
try {
  const { endpoints } = await Promise.race([
    new Promise((resolve) => createInterface(stack.stdout).once('line', (line) => resolve(JSON.parse(line)))),
    ended.then((code) => Promise.reject(new Error(`the demo ended with ${code}`))),
  ]);
  connection = await Connection.connect({ address: endpoints.temporal });
  await record(new Client({ connection }), endpoints.temporal);
} finally {
  await connection?.close();
  stack.kill('SIGINT');
  await ended;
}

async function record(client, address) {
  const save = (...args) => saveFrom(address, ...args);
  const start = (workflowId, interval) => {
    const args = [{ pipeline: 'flights-daily', interval }];
    return client.workflow.start('pipeline', { workflowId, taskQueue: 'millrace', args });
  };
  const run = (day) => client.workflow.getHandle(`flights-daily/${day}`);
  const end = (handle) => handle.result().catch(() => {});
  mkdirSync(folder, { recursive: true });

  // The demo's own runs: a branch taken, one not taken, a job that failed twice at most, the heavy one.
  await save('done', run('2001-01-01'), 'COMPLETED');
  await save('done-without-alert', run('2001-01-06'), 'COMPLETED');
  await save('done-after-a-retry', run('2001-01-03'), 'COMPLETED');
  await save('done-with-heartbeats', run('2001-01-07'), 'COMPLETED');
  for await (const { workflowId } of client.workflow.list({ query: 'WorkflowType = "activation"' })) {
    await save('activation', client.workflow.getHandle(workflowId), 'COMPLETED');
    break;
  }

  say('a day without flights …');
  const failed = await start('flights-daily/2001-09-01', '2001-09-01');
  await end(failed);
  await save('failed', failed, 'FAILED');

  say('a wrong input …');
  const rejected = await start('typed-by-hand', 'someday');
  await end(rejected);
  await save('rejected', rejected, 'FAILED');

  say('a run that another ID opens …');
  const opener = await start('opens', '2001-01-02');
  await end(opener);
  await save('opened-by-another-id', opener, 'COMPLETED');

  say('a run that is cancelled in its heavy step, while another ID looks on …');
  const cancelled = await start('flights-daily/2001-01-07', '2001-01-07');
  const onlooker = await start('looks-on', '2001-01-07');
  await until(cancelled, ({ steps }) =>
    steps.some(({ id, state }) => id === 'connections' && state === 'running'),
  );
  await cancelled.cancel();
  await Promise.all([end(cancelled), end(onlooker)]);
  await save('cancelled', cancelled, 'CANCELLED');
  await save('joined-and-cancelled', onlooker, 'FAILED', 'CANCELLED');
}

async function until(handle, holds) {
  while (!holds(await handle.query('progress').catch(() => ({ steps: [] })))) await sleep(100);
}

async function saveFrom(address, name, handle, ...expected) {
  const { status, runId } = await handle.describe();
  if (!expected.includes(status.name)) {
    throw new Error(`${handle.workflowId} is ${status.name}, and ${expected.join(' or ')} was wanted`);
  }
  const which = ['--workflow-id', handle.workflowId, '--run-id', runId];
  const shown = execFileSync(temporal, ['workflow', 'show', '-o', 'json', '--address', address, ...which], {
    maxBuffer: 1 << 28,
  });
  const history = withoutPlaces(JSON.parse(shown));
  const file = join(folder, `${version}-${name}.json`);
  writeFileSync(file, `${JSON.stringify({ workflowId: handle.workflowId, history })}\n`);
  say(`${file}: ${history.events.length} events`);
}

/** A history without the names of this machine and of its folders, which are nobody's business. */
function withoutPlaces(value) {
  if (typeof value === 'string') return renamed(value);
  if (Array.isArray(value)) return value.map(withoutPlaces);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.data === 'string' && value.metadata) {
    const text = Buffer.from(value.data, 'base64').toString('utf8');
    return { ...value, data: Buffer.from(renamed(text)).toString('base64') };
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutPlaces(item)]));
}

function renamed(text) {
  return text.replaceAll(root, '/millrace').replaceAll(`@${hostname()}`, '@localhost');
}
