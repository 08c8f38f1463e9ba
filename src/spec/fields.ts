import { IANAZone } from 'luxon';
import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import type { Json } from '../domain/definition.ts';
import { parseCron } from '../domain/schedule-calendar.ts';
import type { ProblemCode } from './problem.ts';

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

export const duration = () => checked('bad-duration', parseDuration);

export const positiveDuration = () =>
  checked('bad-duration', (text) => {
    if (parseDuration(text) === 0)
      throw new Error('the duration is zero; write a longer one, or leave it out');
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
    if (IANAZone.isValidZone(text)) return;
    throw new Error(
      `there is no time zone ${JSON.stringify(text)}; write a name like America/New_York or UTC`,
    );
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
