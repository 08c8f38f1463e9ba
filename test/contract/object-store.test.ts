import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { ObjectStore } from '../../src/ports.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';
import { createS3Store } from '../../src/storage/s3.ts';
import { localS3, startMinistack } from './ministack.ts';

const { region, ...credentials } = localS3;
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

let server: Awaited<ReturnType<typeof startMinistack>>;
let folder: string;
let store: ObjectStore;
const config = () => ({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });

beforeAll(async () => {
  server = await startMinistack();
  folder = await mkdtemp(join(tmpdir(), 'millrace-store-'));
  await fetch(`${server.endpoint}/lake`, { method: 'PUT' });
  store = createObjectStore({ s3: config() });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

describe.each([
  ['a local folder', () => `${folder}/`],
  ['S3', () => 's3://lake/'],
])('%s', (_, baseOf) => {
  let base: string;
  const paths = async (path: string) =>
    (await store.list(base + path)).map((file) => file.path.slice(base.length));

  beforeAll(async () => {
    base = baseOf();
    const names = [
      'a.csv',
      'b.json',
      '_SUCCESS',
      '.part.tmp',
      'dt=1/c.csv',
      'dt=1/_tmp/d.csv',
      'dt=2/x y+z%ü.csv',
      'dt=22/e.csv',
    ];
    for (const name of names) await store.write(`${base}in/${name}`, `content of ${name}`);
  });

  test('creates a file once, of many at once too', async () => {
    const path = `${base}claims/1.json`;
    const tries = await Promise.all([1, 2, 3, 4].map((by) => store.create(path, `by ${by}`)));
    expect(tries.filter(Boolean)).toHaveLength(1);
    expect(await store.create(path, 'later')).toBe(false);
    expect(text(await store.read(path))).toBe(`by ${tries.indexOf(true) + 1}`);
    expect(await paths('claims/.*')).toEqual([]);
  });

  test('lists what is visible below a folder, by path', async () => {
    expect(await paths('in/')).toEqual([
      'in/a.csv',
      'in/b.json',
      'in/dt=1/c.csv',
      'in/dt=2/x y+z%ü.csv',
      'in/dt=22/e.csv',
    ]);
    expect(await paths('in/dt=1/')).toEqual(['in/dt=1/c.csv']);
    expect(await paths('nothing/')).toEqual([]);
  });

  test('lists what a glob matches', async () => {
    expect(await paths('in/*.csv')).toEqual(['in/a.csv']);
    expect(await paths('in/dt=?/*')).toEqual(['in/dt=1/c.csv', 'in/dt=2/x y+z%ü.csv']);
    expect(await paths('in/**/*.csv')).toEqual([
      'in/a.csv',
      'in/dt=1/c.csv',
      'in/dt=2/x y+z%ü.csv',
      'in/dt=22/e.csv',
    ]);
    expect(await paths('in/**')).toEqual(await paths('in/'));
    expect(await paths('in/*')).toEqual(['in/a.csv', 'in/b.json']);
    expect(await paths('in/_*')).toEqual(['in/_SUCCESS']);
    expect(await paths('i*/*.js?n')).toEqual(['in/b.json']);
  });

  test('lists one file, also a hidden one that is named', async () => {
    const [file] = await store.list(`${base}in/_SUCCESS`);
    expect(file).toEqual({ path: `${base}in/_SUCCESS`, bytes: 19, etag: expect.stringMatching(/./) });
    expect(await paths('in/a')).toEqual([]);
  });

  test('lists more than a page', async () => {
    const names = Array.from({ length: 1_050 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
    for (let i = 0; i < names.length; i += 50) {
      await Promise.all(names.slice(i, i + 50).map((name) => store.write(base + name, 'x')));
    }
    expect(await paths('many/')).toEqual(names);
  });

  test('reads all of a file, a part of it, or bit by bit', async () => {
    const path = `${base}in/dt=2/x y+z%ü.csv`;
    expect(text(await store.read(path))).toBe('content of dt=2/x y+z%ü.csv');
    expect(text(await store.read(path, { start: 8, end: 10 }))).toBe('of');
    const chunks = [];
    for await (const chunk of await store.readStream(path)) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('content of dt=2/x y+z%ü.csv');
  });

  test('an etag changes with the content', async () => {
    const etag = async () => (await store.list(`${base}tagged`))[0]?.etag;
    await store.write(`${base}tagged`, 'one');
    const before = await etag();
    expect(await etag()).toBe(before);
    await store.write(`${base}tagged`, 'two');
    expect(await etag()).not.toBe(before);
  });

  test('writes, moves over what is there, and deletes', async () => {
    expect(await store.write(`${base}new/deep/ü.txt`, 'größer')).toEqual({ bytes: 8 });
    await store.write(`${base}new/.ü 1+1.tmp`, new Uint8Array([104, 105]));
    expect(await store.move(`${base}new/.ü 1+1.tmp`, `${base}new/deep/ü.txt`)).toBe(true);
    expect(text(await store.read(`${base}new/deep/ü.txt`))).toBe('hi');
    expect(await store.move(`${base}new/.ü 1+1.tmp`, `${base}new/deep/ü.txt`)).toBe(false);
    await store.delete(`${base}new/deep/ü.txt`);
    await store.delete(`${base}new/deep/ü.txt`);
    expect(await paths('new/')).toEqual([]);
  });

  test('a file that is missing is refused by name', async () => {
    const refused = { type: 'Rejected', message: expect.stringContaining('nothing.csv') };
    await expect(store.read(`${base}nothing.csv`)).rejects.toMatchObject(refused);
    await expect(store.readStream(`${base}nothing.csv`)).rejects.toMatchObject(refused);
  });
});

test('a local write leaves nothing half-made, and a folder is not taken for a file', async () => {
  await store.write(join(folder, 'local', 'a'), '1');
  expect(await readdir(join(folder, 'local'))).toEqual(['a']);
  expect(await store.list(pathToFileURL(join(folder, 'local', 'a')).href)).toHaveLength(1);
  await expect(store.list(join(folder, 'local'))).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringContaining('slash'),
  });
  await writeFile(join(folder, 'file'), '');
  await chmod(join(folder, 'file'), 0o400);
  await expect(store.write(join(folder, 'file', 'x'), '')).rejects.toMatchObject({ type: 'Rejected' });
});

test('copies in parts what is too large for one copy', async () => {
  const small = createS3Store(config(), { maxCopyBytes: 5 * 1024 ** 2 });
  const content = Buffer.alloc(11 * 1024 ** 2, 'millrace');
  await small.write('s3://lake/large', content);
  expect(await small.move('s3://lake/large', 's3://lake/moved')).toBe(true);
  expect(Buffer.from(await small.read('s3://lake/moved')).equals(content)).toBe(true);
  expect(await small.list('s3://lake/large')).toEqual([]);
});

test('errors of S3 keep its words, and tell whether trying again helps', async () => {
  await expect(store.list('s3://nobody/x/')).rejects.toMatchObject({
    type: 'Rejected',
    message: expect.stringMatching(/s3:\/\/nobody\/x\/: NoSuchBucket/),
  });
  await expect(store.write('s3://nobody/x', '')).rejects.toMatchObject({ type: 'Rejected' });
  await expect(store.list('gs://x/')).rejects.toMatchObject({ type: 'Rejected' });

  const answers = [
    [503, 'SlowDown', 'Throttled'],
    [500, 'InternalError', 'Unavailable'],
    [403, 'AccessDenied', 'Rejected'],
    [400, 'ExpiredToken', 'Unavailable'],
  ] as const;
  let requests = 0;
  const broken = createServer((_, response) => {
    const [status, code] = answers[requests] ?? [500, ''];
    requests += 1;
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${code}</Code><Message>in words</Message></Error>`);
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const failing = createObjectStore({ s3: { ...config(), endpoint } });
  for (const [, code, type] of answers) {
    await expect(failing.list('s3://lake/')).rejects.toMatchObject({
      type,
      message: expect.stringContaining(`${code}: in words`),
    });
  }
  expect(requests).toBe(answers.length);
  broken.closeAllConnections();
  await new Promise((resolve) => broken.close(resolve));
  await expect(failing.list('s3://lake/')).rejects.toMatchObject({ type: 'Unavailable' });
  await expect(failing.list('s3://lake/')).rejects.toMatchObject({
    type: 'Unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});
