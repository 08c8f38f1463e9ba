import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import type { FileFormat } from '../../src/ports.ts';
import { measureOutput } from '../../src/storage/measure.ts';
import { createObjectStore } from '../../src/storage/object-store.ts';

const store = createObjectStore({});
let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-measure-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The rows of one file, read as it is and in single bytes. */
async function rowsOf(format: FileFormat, content: string | Uint8Array, suffix = ''): Promise<number> {
  const path = join(folder, `${(files += 1)}.${format}${suffix}`);
  await store.write(path, content);
  const byteByByte: typeof store = {
    ...store,
    readStream: async (name) => {
      const bytes = await store.read(name);
      return (async function* () {
        for (const byte of bytes) yield Uint8Array.of(byte);
      })();
    },
  };
  const { rows } = await measureOutput(store, { path, format });
  expect(await measureOutput(byteByByte, { path, format })).toMatchObject({ rows, files: 1 });
  return rows;
}

describe('rows of CSV', () => {
  test.each([
    ['a header alone', 'a,b\n', 0],
    ['nothing at all', '', 0],
    ['a last line with a break', 'a,b\n1,2\n3,4\n', 2],
    ['a last line without one', 'a,b\n1,2\n3,4', 2],
    ['line breaks of Windows', 'a,b\r\n1,2\r\n3,4\r\n', 2],
    ['line breaks in quotes', 'a,b\n"1\n1","x\r\ny"\n3,4\n', 2],
    ['quotes in quotes', 'a,b\n"say ""hi""\n","""\n"""\n3,4\n', 2],
    ['a header with a line break', '"a\nb",c\n1,2\n', 1],
    ['empty lines between records', 'a,b\n\n1,2\n\n', 1],
    ['one column, where an empty line is NULL', 'a\n\n1\n""\n', 3],
  ])('%s', async (_, content, rows) => {
    expect(await rowsOf('csv', content)).toBe(rows);
  });

  test('packed by gzip', async () => {
    expect(await rowsOf('csv', gzipSync('a,b\n1,2\n3,4\n'), '.gz')).toBe(2);
  });
});

describe('rows of JSON', () => {
  test.each([
    ['nothing at all', '', 0],
    ['one object a line', '{"a":1}\n{"a":{"b":[{}]}}\n', 2],
    ['brackets and quotes in strings', '{"a":"}\\"{["}\n{"a":"\\\\"}', 2],
    ['an array', ' [ {"a":[1,2]},\n {"a":{}} ]\n', 2],
    ['an empty array', '[]', 0],
  ])('%s', async (_, content, rows) => {
    expect(await rowsOf('json', content)).toBe(rows);
  });
});

describe('a whole output', () => {
  const parquet = fileURLToPath(
    new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url),
  );

  test('rows of Parquet come from the footers', async () => {
    expect(await measureOutput(store, { path: parquet, format: 'parquet' })).toEqual({
      rows: 3_000_000,
      files: 1,
      bytes: (await store.list(parquet))[0]?.bytes,
    });
  });

  test('sums over the visible files of a folder', async () => {
    for (let i = 0; i < 20; i += 1) await store.write(join(folder, 'out', `${i}.csv`), 'a\n1\n2\n');
    await store.write(join(folder, 'out', '_half.csv'), 'a\n1\n');
    const path = `${folder}/out/`;
    expect(await measureOutput(store, { path, format: 'csv' })).toEqual({ rows: 40, files: 20, bytes: 120 });
    expect(await measureOutput(store, { path: `${folder}/none/`, format: 'csv' })).toEqual({
      rows: 0,
      files: 0,
      bytes: 0,
    });
  });

  test('what is no Parquet file is named', async () => {
    await store.write(join(folder, 'x.parquet'), 'this is text and nothing else');
    await expect(
      measureOutput(store, { path: join(folder, 'x.parquet'), format: 'parquet' }),
    ).rejects.toMatchObject({
      type: 'Rejected',
      message: expect.stringContaining('x.parquet is not a Parquet file'),
    });
  });
});
