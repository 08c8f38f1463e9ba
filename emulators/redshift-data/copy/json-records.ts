import { isUtf8 } from 'node:buffer';
import type { CopyCommand } from './command.ts';
import { type JsonPath, valueAt } from './json-paths.ts';
import { jsonTexts } from './json-objects.ts';
import { fromBytes, type SourceRecord, toBytes } from './record.ts';
import { type Rejection, rejection } from './rejection.ts';
import type { Target } from './target.ts';

export type Json = string | boolean | null | Json[] | { [key: string]: Json };

/** Stands before a number that was made a string, so that it loses no digits on its way. */
const NUMBER = '\u0001';

const parse = (text: string): Json =>
  JSON.parse(
    text.replace(
      /("(?:[^"\\]|\\.)*")|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g,
      (all, string?: string) => string ?? `"\\u0001${all}"`,
    ),
  ) as Json;

/** A value as the text of a field: strings as they are, objects and arrays as JSON. */
const fieldOf = (value: Json | undefined): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value.startsWith(NUMBER) ? value.slice(1) : toBytes(value);
  return toBytes(JSON.stringify(value).replace(/"\\u0001([^"]*)"/g, '$1'));
};

const isObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type Fields = (value: Json) => (string | null)[] | Rejection;

const byName = ({ columns }: Target, ignoreCase: boolean): Fields => {
  const names = columns.map(({ name }) => name);
  return (value) => {
    if (!isObject(value)) return rejection(1216, 'Invalid JSONPath format: Member is not an object');
    const row = ignoreCase
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]))
      : value;
    return names.map((name) => fieldOf(Object.hasOwn(row, name) ? row[name] : null));
  };
};

const byPath =
  (paths: readonly JsonPath[]): Fields =>
  (value) =>
    paths.map((path) => fieldOf(valueAt(value, path)));

/** The rows of a file of JSON: fields go by the name of the column or by JSONPaths, a missing one is null. */
export async function* jsonRecords(
  stream: AsyncIterable<Buffer>,
  { json, invalidCharacters }: CopyCommand,
  target: Target,
  paths: readonly JsonPath[] | undefined,
): AsyncGenerator<SourceRecord[]> {
  const fields = paths ? byPath(paths) : byName(target, json === 'auto ignorecase');
  for await (const texts of jsonTexts(stream)) {
    yield texts.map(({ raw, line }) => {
      if (invalidCharacters === undefined && !isUtf8(Buffer.from(raw, 'latin1'))) {
        return {
          fields: rejection(1220, 'String contains invalid or unsupported UTF8 codepoints.'),
          line,
          raw,
        };
      }
      try {
        return { fields: fields(parse(fromBytes(raw))), line, raw };
      } catch (error) {
        return { fields: rejection(1216, `Invalid JSON: ${(error as Error).message}`), line, raw };
      }
    });
  }
}
