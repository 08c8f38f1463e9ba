import { DateTime } from 'luxon';
import type { Json } from './definition.ts';
import { typeName } from './expression-value.ts';

/*
 * The functions and methods of expressions. Each throws a plain `Error`, which the evaluator places in the text.
 * They are pure: luxon is told zone and locale, so that a worker's own settings change nothing.
 */

type Kind = 'string' | 'number' | 'list' | 'any';

interface Signature {
  takes: readonly Kind[];
  /** How many of the arguments may be left out, from the end. */
  optional?: number;
  /** Any number of further arguments of the last kind. */
  rest?: boolean;
  call(...args: never[]): Json;
}

const isoDate = /^\d{4}-\d{2}-\d{2}$/;

function readTime(text: string): DateTime {
  const time = DateTime.fromISO(text, { setZone: true, zone: 'utc', locale: 'en-US' });
  if (time.isValid) return time;
  throw new Error(
    `${JSON.stringify(text)} is no date or time; it must be like 2001-01-05 or 2001-01-05T03:00:00-05:00`,
  );
}

const whole = (value: number): number => {
  if (Number.isSafeInteger(value)) return value;
  throw new Error(`${value} is no whole number`);
};

function sizeOf(value: Json): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (value !== null && typeof value === 'object') return Object.keys(value).length;
  throw new Error(`size() takes text, a list or a map, not ${typeName(value)}`);
}

function toNumber(value: Json): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return Number(value);
  throw new Error(`${JSON.stringify(value)} is no number`);
}

function toText(value: Json): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new Error(`string() takes text, a number or true or false, not ${typeName(value)}`);
}

function toBool(value: Json): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error(`${JSON.stringify(value)} is neither true nor false`);
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new Error(`${JSON.stringify(text)} is no regular expression`);
  }
}

function join(items: Json[], separator = ''): string {
  const odd = items.find((item) => typeof item !== 'string');
  if (odd !== undefined)
    throw new Error(`join() takes a list of texts, and ${JSON.stringify(odd)} is ${typeName(odd)}`);
  return (items as string[]).join(separator);
}

function substring(text: string, start: number, end = text.length): string {
  if (whole(start) < 0 || whole(end) > text.length || start > end)
    throw new Error(`${start} to ${end} is outside of a text of length ${text.length}`);
  return text.slice(start, end);
}

export const FUNCTIONS: Record<string, Signature> = {
  addDays: {
    takes: ['string', 'number'],
    call(text: string, days: number) {
      const time = readTime(text).plus({ days: whole(days) });
      return (isoDate.test(text) ? time.toISODate() : time.toISO({ suppressMilliseconds: true })) ?? '';
    },
  },
  format: {
    takes: ['string', 'string'],
    call: (text: string, form: string) => readTime(text).toFormat(form),
  },
  coalesce: {
    takes: ['any', 'any'],
    rest: true,
    call: (...values: Json[]) => values.find((value) => value !== null) ?? null,
  },
  size: { takes: ['any'], call: (value: Json) => sizeOf(value) },
  string: { takes: ['any'], call: (value: Json) => toText(value) },
  double: { takes: ['any'], call: (value: Json) => toNumber(value) },
  int: { takes: ['any'], call: (value: Json) => Math.trunc(toNumber(value)) },
  bool: { takes: ['any'], call: (value: Json) => toBool(value) },
};

/** The first argument is what stands before the dot. */
export const METHODS: Record<string, Signature> = {
  size: { takes: ['any'], call: (value: Json) => sizeOf(value) },
  startsWith: { takes: ['string', 'string'], call: (text: string, part: string) => text.startsWith(part) },
  endsWith: { takes: ['string', 'string'], call: (text: string, part: string) => text.endsWith(part) },
  contains: { takes: ['string', 'string'], call: (text: string, part: string) => text.includes(part) },
  matches: { takes: ['string', 'string'], call: (text: string, regex: string) => pattern(regex).test(text) },
  lowerAscii: {
    takes: ['string'],
    call: (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  },
  upperAscii: {
    takes: ['string'],
    call: (text: string) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  },
  trim: { takes: ['string'], call: (text: string) => text.trim() },
  indexOf: {
    takes: ['string', 'string', 'number'],
    optional: 1,
    call: (text: string, part: string, from = 0) => text.indexOf(part, whole(from)),
  },
  lastIndexOf: { takes: ['string', 'string'], call: (text: string, part: string) => text.lastIndexOf(part) },
  substring: { takes: ['string', 'number', 'number'], optional: 1, call: substring },
  replace: {
    takes: ['string', 'string', 'string'],
    call: (text: string, part: string, by: string) => text.replaceAll(part, () => by),
  },
  split: { takes: ['string', 'string'], call: (text: string, separator: string) => text.split(separator) },
  join: { takes: ['list', 'string'], optional: 1, call: join },
};

/** Whether a function may be called with so many arguments. */
export const takesCount = ({ takes, optional = 0, rest = false }: Signature, count: number): boolean =>
  count >= takes.length - optional && (rest || count <= takes.length);

const fits = (kind: Kind, value: Json): boolean =>
  kind === 'any' || (kind === 'list' ? Array.isArray(value) : typeof value === kind);

/** Calls a function, or says which of its arguments it can't take; `texts` are the arguments as written. */
export function callFunction(name: string, signature: Signature, args: Json[], texts: string[]): Json {
  for (const [index, kind] of signature.takes.entries()) {
    const value = args[index];
    if (value === undefined || fits(kind, value)) continue;
    const wanted = { string: 'text', number: 'a number', list: 'a list', any: '' }[kind];
    throw new Error(`${name}() takes ${wanted} here, and ${texts[index]} is ${typeName(value)}`);
  }
  return (signature.call as (...args: Json[]) => Json)(...args);
}
