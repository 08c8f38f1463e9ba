#!/usr/bin/env node
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';

/*
 * Records the histories of this version that test/replay replays from now on: starts the demo, has runs end in every
 * way there is, and writes test/replay/histories/<version>-<what>.json; then the same on a stack with small pipelines
 * that wait for each other, or for new data. Takes about two minutes. `demo` or `small` records one half only.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { temporal } = JSON.parse(readFileSync(join(root, '.millrace', 'tools.json'), 'utf8'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const folder = join(root, 'test', 'replay', 'histories');
const say = (text) => process.stderr.write(`${text}\n`);

/** Small pipelines: one after another one, with a child, a list, and all that can stand at the end; one that new data starts. */
const SMALL = {
  'millrace.yaml': "pipelines: ['*.pipeline.yaml']\nheartbeatTimeout: 3s\npollInterval: 500ms\n",
  'first.pipeline.yaml': `name: first
steps: [{ id: mark, putObject: { path: 's3://lake/first/\${interval.date}', content: x } }]
`,
  'child.pipeline.yaml': `name: child
params: { word: none }
steps: [{ id: mark, putObject: { path: 's3://lake/child/\${interval.date}', content: '\${params.word}' } }]
`,
  'second.pipeline.yaml': `name: second
after: [first]
timeout: 1h
steps:
  - { id: sub, pipeline: { name: child, params: { word: from second } } }
  - { id: each, forEach: [a, b], putObject: { path: 's3://lake/\${item}/\${interval.date}', content: x } }
finally: [{ id: always, putObject: { path: 's3://lake/always/\${interval.date}', content: x } }]
onSuccess: [{ id: good, putObject: { path: 's3://lake/good/\${interval.date}', content: x } }]
`,
  'fed.pipeline.yaml': `name: fed
events:
  - { s3: { bucket: raw, prefix: in/ }, path: 'in/{date}/', settle: 0s, late: rerun, lateWindow: 5s }
steps: [{ id: mark, putObject: { path: 's3://lake/fed/\${interval.date}', content: x } }]
`,
};

const [half] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
if (half !== 'small') await onStack(['demo', '--keep', '--json'], root, record);
if (half !== 'demo') {
  const small = mkdtempSync(join(tmpdir(), 'millrace-histories-'));
  for (const [name, text] of Object.entries(SMALL)) writeFileSync(join(small, name), text);
  await onStack(['dev', '--json'], small, recordSmall);
  rmSync(small, { recursive: true, force: true });
}

/** Starts a command of ours that brings up a stack, has `work` done on it, and ends it. */
async function onStack(args, cwd, work) {
  const stack = spawn(process.execPath, [join(root, 'bin', 'millrace.js'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => stack.once('close', resolve));
  let connection;
  try {
    const { endpoints } = await Promise.race([
      new Promise((resolve) =>
        createInterface(stack.stdout).once('line', (line) => resolve(JSON.parse(line))),
      ),
      ended.then((code) => Promise.reject(new Error(`millrace ${args.join(' ')} ended with ${code}`))),
    ]);
    connection = await Connection.connect({ address: endpoints.temporal });
    await work(new Client({ connection }), endpoints.temporal);
  } finally {
    await connection?.close();
    stack.kill('SIGINT');
    await ended;
  }
}

async function recordSmall(client, address) {
  const save = (...args) => saveFrom(address, ...args);
  const at = (id) => client.workflow.getHandle(id);
  const start = (name, day) =>
    client.workflow.start('pipeline', {
      workflowId: `${name}/${day}`,
      taskQueue: 'millrace',
      args: [{ pipeline: name }],
    });

  say('a backfill, a run of it …');
  const input = { pipeline: 'first', from: '2001-01-01', to: '2001-01-03', concurrency: 2 };
  const options = { workflowId: 'first/backfill', taskQueue: 'millrace', args: [input] };
  const backfill = await client.workflow.start('backfill', options);
  await backfill.executeUpdate('pause');
  await backfill.executeUpdate('resume');
  await backfill.result();
  await save('backfill', backfill, 'COMPLETED');
  await save('started-by-a-backfill', at('first/2001-01-02'), 'COMPLETED');

  say('a run that waits for another one …');
  const waits = await start('second', '2001-01-05');
  const met = at('first/2001-01-05/rendezvous');
  while (!(await met.describe().catch(() => undefined))) await sleep(100);
  await (await start('first', '2001-01-05')).result();
  await waits.result();
  await save('after-with-a-child', waits, 'COMPLETED');
  await save('rendezvous', met, 'COMPLETED');
  await save('started-by-a-step', at('child/2001-01-05'), 'COMPLETED');

  say('a run that is cancelled while it waits …');
  const cancelled = await start('second', '2001-01-06');
  while (
    !(await at('first/2001-01-06/rendezvous')
      .describe()
      .catch(() => undefined))
  )
    await sleep(100);
  await cancelled.cancel();
  await cancelled.result().catch(() => {});
  await save('cancelled-while-it-waits', cancelled, 'CANCELLED');

  say('new data, which starts a run, and one more for a late file …');
  const arrives = (file) =>
    client.workflow.signalWithStart('newData', {
      workflowId: 'fed/2001-01-05/new-data',
      taskQueue: 'millrace',
      args: [{ pipeline: 'fed', interval: '2001-01-05' }],
      signal: 'newData',
      signalArgs: [{ files: [{ path: `s3://raw/in/2001-01-05/${file}` }] }],
    });
  const gathering = await arrives('a');
  while ((await gathering.query('progress')).status !== 'watching') await sleep(100);
  const first = (await at('fed/2001-01-05').describe()).runId;
  await arrives('b');
  const { runs } = await gathering.result();
  if (runs !== 2) throw new Error(`new data started ${runs} runs`);
  await save('new-data', gathering, 'COMPLETED');
  await save('started-by-new-data', client.workflow.getHandle('fed/2001-01-05', first), 'COMPLETED');
}

async function record(client, address) {
  const save = (...args) => saveFrom(address, ...args);
  const start = (workflowId, interval) => {
    const args = [{ pipeline: 'flights-daily', interval }];
    return client.workflow.start('pipeline', { workflowId, taskQueue: 'millrace', args });
  };
  const run = (day) => client.workflow.getHandle(`flights-daily/${day}`);
  const end = (handle) => handle.result().catch(() => {});

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
  return text
    .replaceAll(root, '/millrace')
    .replaceAll(/[^\s"']*millrace-histories-\w+/g, '/small')
    .replaceAll(`@${hostname()}`, '@localhost');
}
