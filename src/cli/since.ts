import { DateTime } from 'luxon';
import { parseDuration } from '../domain/duration.ts';
import { CliError } from './error.ts';

/** Reads `--since`: a date or a time in UTC, or how long ago. */
export function since(text: string): Date {
  try {
    return new Date(Date.now() - parseDuration(text));
  } catch {
    const at = DateTime.fromISO(text, { zone: 'utc' });
    if (at.isValid) return at.toJSDate();
  }
  const fix = 'write a date or a time in UTC, like 2001-01-05, or how long ago, like 30d';
  throw new CliError('Usage', `--since can't be ${text}`, fix);
}
