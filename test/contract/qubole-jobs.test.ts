import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { delimiter } from 'node:path';

import type { CommandSpec, JobEngine, JobSpec, SparkSpec, SqlSpec, WorkRef } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { ended, newKey, until } from './engine.ts';
import { localS3, startMinistack } from './ministack.ts';
import { toolsFolder } from './qds.ts';
import { localSqs, makeQuboleWorld, shell, type QuboleWorld } from './qubole-world.ts';

let world: QuboleWorld;
let engine: JobEngine;
let s3: Awaited<ReturnType<typeof startMinistack>>;
let store: ReturnType<typeof createObjectStore>;

const before = { ...process.env };
beforeAll(async () => {
  s3 = await startMinistack();
  await fetch(`${s3.endpoint}/lake`, { method: 'PUT' });
  const { region, accessKeyId, secretAccessKey } = localS3;
  // As the stand-in's own process would have them, and with it its commands.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: s3.endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    PATH: `${toolsFolder}${delimiter}${process.env['PATH'] ?? ''}`,
  });
  const credentials = { accessKeyId, secretAccessKey };
  store = createObjectStore({ s3: { endpoint: s3.endpoint, region, credentials, forcePathStyle: true } });
  world = await makeQuboleWorld({ results: { inlineBytes: 10_000, location: 's3://lake/results' } });
  engine = world.engineWith({ store });
});
afterAll(async () => {
  await world.close();
  await s3.stop();
  process.env = before;
});

async function run(spec: JobSpec, on = engine) {
  const ref = await on.submit(spec, newKey());
  const state = await ended(on, ref);
  return { ref, state };
}

const spark = (app: SparkSpec['app'], args: string[] = []): SparkSpec => ({
  kind: 'spark',
  app,
  arguments: args,
  conf: {},
  options: [],
});

describe('a shell command', () => {
  test('gets its values by env as they are, and leaves a JSON object', async () => {
    const odd = `it's "two" $words\n\\n; \`x\``;
    const script = `python3 -c 'import json, os; print(json.dumps({"odd": os.environ["ODD"], "n": 1.5}))' > "$MILLRACE_OUTPUT"; echo said`;
    const { ref, state } = await run(shell(script, { ODD: odd }));
    expect(state.status).toBe('done');
    expect(await engine.outcome?.(ref, 'shell')).toEqual({ exitCode: 0, values: { odd, n: 1.5 } });
  });

  test('leaves nothing where it writes nothing', async () => {
    const { ref } = await run(shell('true'));
    expect(await engine.outcome?.(ref, 'shell')).toEqual({ exitCode: 0, values: {} });
  });

  test('fails for what is no JSON object', async () => {
    const { ref } = await run(shell('echo "[1]" > "$MILLRACE_OUTPUT"'));
    await expect(engine.outcome?.(ref, 'shell')).rejects.toMatchObject({
      type: 'JobFailed',
      message: expect.stringContaining('no JSON object'),
    });
  });

  test('fails with its exit code’s command, and can end itself early', async () => {
    const { state } = await run(shell('echo it is full >&2; exit 3'));
    expect(state).toMatchObject({ status: 'failed', message: 'it is full' });
  });

  test('leaves its object also when QDS left the results in S3', async () => {
    const { ref } = await run(
      shell('head -c 20000 /dev/zero | tr "\\0" x; echo "{\\"n\\": 1}" > "$MILLRACE_OUTPUT"'),
    );
    expect(await engine.outcome?.(ref, 'shell')).toEqual({ exitCode: 0, values: { n: 1 } });
    expect(await store.list(`s3://lake/results/${ref.id}/`)).toHaveLength(1);
  });
});

describe('SQL', () => {
  test('reads its inputs and writes its output, in each format', async () => {
    await store.write('s3://lake/in/a.csv', 'day,note\n2001-01-01,"two\nlines"\n');
    await store.write('s3://lake/in/_hidden.csv', 'day,note\n2001-01-02,x\n');
    for (const format of ['parquet', 'csv', 'json'] as const) {
      const output = { path: `s3://lake/out-${format}/`, format };
      await store.write(`${output.path}old.${format}`, 'x');
      const spec: SqlSpec = {
        kind: 'sql',
        inputs: { days: { path: 's3://lake/in/', format: 'csv' } },
        query: `select cast(day as string) as day, note, 'it''s' as own from days -- all`,
        output,
      };
      const { state } = await run({ ...spec, query: spec.query.replace("it''s", "it\\'s") });
      expect(state).toEqual({ status: 'done' });
      expect(await store.list(output.path)).toHaveLength(1);
      expect(await measureOutput(store, output)).toMatchObject({ rows: 1, files: 1 });
    }
  });

  test('tells what is wrong with it in a line', async () => {
    const output = { path: 's3://lake/none/', format: 'parquet' } as const;
    const sql = (query: string, inputs: SqlSpec['inputs'] = {}): SqlSpec => ({
      kind: 'sql',
      inputs,
      query,
      output,
    });
    expect((await run(sql('select delayy from (select 1 as delay)'))).state).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^Error in query: .*"delayy" not found/),
    });
    const missing = { x: { path: 's3://lake/nothing/', format: 'parquet' as const } };
    expect((await run(sql('select * from x', missing))).state).toMatchObject({
      message: expect.stringMatching(/Path does not exist: s3:\/\/lake\/nothing\//),
    });
  });

  test('of Hive and Presto, and from a script', async () => {
    await store.write('s3://lake/code/a.sql', 'set x = 1;\nselect 1;');
    const specs: CommandSpec[] = [
      { kind: 'hive', query: "insert overwrite directory 's3://lake/hive/' stored as parquet select 1 as a" },
      { kind: 'presto', query: 'select "a" from (select 1 as a)' },
      { kind: 'hive', script: 's3://lake/code/a.sql' },
      spark({ form: 'sql', sql: 'select `a` from (select "x" as a)' }),
    ];
    for (const spec of specs) expect((await run(spec)).state).toEqual({ status: 'done' });
    expect(await measureOutput(store, { path: 's3://lake/hive/', format: 'parquet' })).toMatchObject({
      rows: 1,
    });
  });
});

test('a program in Python, given and by its URL, with arguments', async () => {
  const program = 'import sys\nassert sys.argv[1:] == ["a b", "it\'s"], sys.argv\n';
  await store.write('s3://lake/code/job.py', program);
  for (const app of [
    { form: 'program', program, language: 'python' },
    { form: 'python', python: 's3://lake/code/job.py' },
  ] as const) {
    expect((await run(spark(app, ['a b', "it's"]))).state).toEqual({ status: 'done' });
    expect((await run(spark(app, ['else']))).state).toMatchObject({
      status: 'failed',
      message: expect.stringMatching(/^AssertionError: /),
    });
  }
});

test('what QDS refuses is Rejected in its words', async () => {
  const nowhere = world.engineWith({ cluster: 'nowhere' });
  await expect(nowhere.submit(shell('true'), newKey())).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('Cluster with label nowhere does not exist'),
  });
  await expect(nowhere.ensureCluster({ release: 'keep' }, '')).rejects.toMatchObject({ type: 'Rejected' });
});

describe('a job of which QDS says something odd', () => {
  test('that it has more commands of one name keeps the oldest', async () => {
    const key = newKey();
    const ids: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const body = { command_type: 'ShellCommand', inline: 'sleep 600', name: key };
      ids.push(String(((await world.ask('POST', 'v1.2/commands', body)) as { id: number }).id));
    }
    const ref = await engine.submit(shell('sleep 600'), key);
    expect(ref).toMatchObject({ id: ids[0], found: true });
    const states = await engine.poll(ids.map((id) => ({ id, key })));
    expect(
      ids.map((id) => states.get(id)).map((state) => state && 'status' in state && state.status),
    ).toEqual([expect.stringMatching(/queued|running/), 'cancelled', 'cancelled']);
    await engine.cancel(ref);
  });

  test('an id that isn’t one of QDS is not asked for', async () => {
    expect(
      await engine.poll([
        { id: '../clusters', key: 'k' },
        { id: 'x', key: 'k' },
      ]),
    ).toEqual(new Map());
  });
});

describe('a chain', () => {
  const commands = (last: string): CommandSpec[] => [
    { kind: 'shell', script: 'echo $A >&2', env: { A: 'first' } },
    { kind: 'hive', query: 'select 1' },
    { kind: 'shell', script: last, env: {} },
  ];

  test('is one job, and tells of each command', async () => {
    const { ref, state } = await run({ kind: 'chain', push: false, commands: commands('true') });
    expect(state.status).toBe('done');
    expect(ref.pushed).toBeUndefined();
    const outcome = await engine.outcome?.(ref, 'chain');
    expect(outcome?.commands).toHaveLength(3);
    expect(outcome?.commands?.every(({ ref: own, state: is }) => /^\d+$/.test(own) && is === 'done')).toBe(
      true,
    );
  });

  test('fails with its first failure', async () => {
    const { state } = await run({ kind: 'chain', push: false, commands: commands('echo broke >&2; exit 1') });
    expect(state).toMatchObject({ status: 'failed', message: 'broke' });
  });

  describe('with push', () => {
    let queue: string;
    let pushing: JobEngine;
    beforeAll(async () => {
      const sqs = localSqs(s3.endpoint);
      // A receive that is given up may have taken a message, which is hidden for so long.
      const Attributes = { VisibilityTimeout: '2' };
      const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'done', Attributes }));
      queue = QueueUrl ?? '';
      pushing = world.engineWith({ store, push: { queue, sqs } });
    });

    /** Looks only when woken. */
    async function woken(ref: WorkRef, on = pushing) {
      let stop: (() => void) | undefined;
      await new Promise<void>((resolve) => (stop = on.watch?.(ref, resolve)));
      stop?.();
      return until(on, ref, ({ status }) => status === 'done' || status === 'failed');
    }

    const submit = (last: string) =>
      pushing.submit({ kind: 'chain', push: true, commands: commands(last) }, newKey());

    test('sends a message when it has ended, which wakes whoever watches, of whichever worker', async () => {
      const ref = await submit('true');
      expect(ref.pushed).toBe(true);
      expect(await pushing.find(ref.key)).toEqual({ ...ref, found: undefined });
      const other = world.engineWith({ store, push: { queue, sqs: localSqs(s3.endpoint) } });
      const elsewhere: WorkRef = { id: '0', key: 'of-another-job', pushed: true };
      const stop = other.watch?.(elsewhere, () => {
        throw new Error('woken for a job of another worker');
      });
      expect((await woken(ref)).status).toBe('done');
      stop?.();
      expect((await pushing.outcome?.(ref, 'chain'))?.commands).toHaveLength(3);
    });

    test('sends a message, too, when a shell command of it fails', async () => {
      expect((await woken(await submit('exit 4'))).status).toBe('failed');
    });

    test('leaves messages of other workers in the queue', async () => {
      const sqs = localSqs(s3.endpoint);
      await sqs.send(
        new SendMessageCommand({ QueueUrl: queue, MessageBody: '{"millrace": "of-another-worker"}' }),
      );
      await sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: 'nonsense' }));
      expect((await woken(await submit('true'))).status).toBe('done');
      const AttributeNames = [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
      ] as const;
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [...AttributeNames] }),
      );
      const left = AttributeNames.map((name) => Number(Attributes[name])).reduce((a, b) => a + b);
      expect(left).toBe(2);
    });

    test('does not fail when the message can’t be sent', async () => {
      const lost = world.engineWith({ store, push: { queue: `${queue}-gone`, sqs: localSqs(s3.endpoint) } });
      const ref = await lost.submit({ kind: 'chain', push: true, commands: commands('true') }, newKey());
      expect((await ended(lost, ref)).status).toBe('done');
    });
  });
});
