import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import type { Json } from '../domain/definition.ts';
import { parseCron } from '../domain/schedule-calendar.ts';
import type { ProblemCode } from './problem.ts';
import { zoneMeantBy } from './time-zone.ts';

/*
 * The small things that pipeline files and configurations are made of. A check throws an `Error` that says what is
 * wrong and, after a semicolon, what to write instead.
 */

export const checked = (code: ProblemCode, check: (text: string) => void) =>
  z.string().superRefine((text, context) => {
    try {
      check(text);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      context.addIssue({ code: 'custom', message, params: { code } });
    }
  });

/** A check by a pattern. */
export const matching = (code: ProblemCode, pattern: RegExp, mend: string) =>
  checked(code, (text) => {
    if (!pattern.test(text)) throw new Error(`${JSON.stringify(text)} can't stand here; ${mend}`);
  });

export const filled = () => matching('wrong-type', /\S/, 'write some text');

const nothing = (): void => undefined;

/** A duration, which may have to be more than that. */
export const duration = (check: (durationMs: number) => void = nothing) =>
  checked('bad-duration', (text) => check(parseDuration(text)));

export const positiveDuration = (check: (durationMs: number) => void = nothing) =>
  duration((durationMs) => {
    if (durationMs === 0) throw new Error('the duration is zero; write a longer one, or leave it out');
    check(durationMs);
  });

/** The name of an engine, a warehouse or a webhook. */
export const connectionName = () =>
  matching(
    'bad-name',
    /^[A-Za-z][A-Za-z0-9_-]*$/,
    'a connection’s name has letters, digits, - and _, a letter first',
  );

export const pipelineName = () =>
  matching(
    'bad-name',
    /^[a-z][a-z0-9-]*$/,
    'a pipeline’s name has small letters, digits and -, a letter first',
  );

export const timezone = () =>
  checked('bad-timezone', (text) => {
    const meant = zoneMeantBy(text);
    if (meant === text) return;
    const fix = meant === undefined ? 'write a name like America/New_York or UTC' : `did you mean ${meant}?`;
    throw new Error(`there is no time zone ${JSON.stringify(text)}; ${fix}`);
  });

export const cron = () => checked('bad-cron', parseCron);

const isJson = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value)
    : value === null || typeof value !== 'object' || Object.values(value).every(isJson);

/** Any value that JSON has. */
export const anyJson = () =>
  z.any().refine(isJson, {
    error: 'JSON has no infinite numbers; write a finite one, or a text',
  }) as z.ZodType<Json>;
