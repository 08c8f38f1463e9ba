import { DateTime } from 'luxon';
import type { Json } from './definition.ts';
import { isMap } from './expression-value.ts';

/** What a parameter of a pipeline may be. `any` is what a default of null, without a type, stands for. */
export const PARAM_TYPES = ['string', 'integer', 'number', 'boolean', 'date', 'list', 'map', 'any'] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

export interface ParamDefinition {
  type: ParamType;
  /** Null where the file has none. */
  default: Json;
  required: boolean;
}

export type ParamDefinitions = Record<string, ParamDefinition>;
export type Params = Record<string, Json>;

export interface ParamProblem {
  param: string;
  message: string;
  fix: string;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const numberOf = (value: Json): number | undefined => {
  const number = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

const parsed = (value: Json): Json => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
};

const isDate = (value: Json): value is string =>
  typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && DateTime.fromISO(value).isValid;

/** How each type reads a value, which may be a text from a command line; undefined for one that it can't be. */
const TYPES: Record<ParamType, { read(value: Json): Json | undefined; what: string; example: string }> = {
  string: {
    read: (value) =>
      typeof value === 'string' ? value : typeof value === 'object' ? undefined : String(value),
    what: 'a text',
    example: 'JFK',
  },
  integer: {
    read: (value) => (Number.isSafeInteger(numberOf(value)) ? numberOf(value) : undefined),
    what: 'a whole number',
    example: '12',
  },
  number: { read: numberOf, what: 'a number', example: '12.5' },
  boolean: {
    read: (value) => [true, false].find((one) => value === one || value === String(one)),
    what: 'true or false',
    example: 'true',
  },
  date: { read: (value) => (isDate(value) ? value : undefined), what: 'a date', example: '2001-01-05' },
  list: {
    read: (value) => (Array.isArray(parsed(value)) ? parsed(value) : undefined),
    what: 'a list',
    example: '["JFK", "LAX"]',
  },
  map: {
    read: (value) => (isMap(parsed(value)) ? parsed(value) : undefined),
    what: 'a map',
    example: '{"a": 1}',
  },
  any: { read: (value) => value, what: 'a value', example: '1' },
};

/** The type that a plain default stands for. */
export function typeOf(value: Json): ParamType {
  if (value === null) return 'any';
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'object') return 'map';
  return typeof value as 'string' | 'number' | 'boolean';
}

/** A value of a type, as a person writes it. */
export const exampleOf = (type: ParamType): string => TYPES[type].example;

/** Reads a value as one of that type, or says what is wrong with it. */
export function readParam(param: string, type: ParamType, value: Json): { value: Json } | ParamProblem {
  const { read, what, example } = TYPES[type];
  const found = read(value);
  if (found !== undefined) return { value: found };
  const message = `${param} is ${JSON.stringify(value)}, and it takes ${what}`;
  return { param, message, fix: `write it like ${example}` };
}

/**
 * The parameters of a run: what was given, at whatever door, read as the file declares it, and defaults for the rest.
 * All that is wrong is told at once.
 */
export function resolveParams(
  definitions: ParamDefinitions,
  given: Params = {},
): { params: Params; problems: ParamProblem[] } {
  const params: Params = {};
  const problems: ParamProblem[] = [];
  for (const param of Object.keys(given)) {
    if (Object.hasOwn(definitions, param)) continue;
    const fix = `there are: ${Object.keys(definitions).join(', ') || 'none'}`;
    problems.push({ param, message: `there is no parameter ${param}`, fix });
  }
  for (const [param, { type, default: otherwise, required }] of Object.entries(definitions)) {
    const value = Object.hasOwn(given, param) ? (given[param] ?? null) : otherwise;
    if (value === null && (required || otherwise !== null)) {
      const { what, example } = TYPES[type];
      problems.push({
        param,
        message: `${param} is missing, and it takes ${what}`,
        fix: `give it, like ${param}=${example}`,
      });
    } else if (value === null) params[param] = null;
    else {
      const found = readParam(param, type, value);
      if ('value' in found) params[param] = found.value;
      else problems.push(found);
    }
  }
  return { params, problems };
}

/** All problems as one line. */
export const paramWords = (problems: readonly ParamProblem[]): string =>
  problems.map(({ message, fix }) => `${message}; ${fix}`).join('. ');
