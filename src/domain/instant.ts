import { DateTime } from 'luxon';

/** A moment as ISO 8601 in UTC. Reads an ISO text; without a zone it is UTC. An `Error` says what is expected. */
export function toInstant(text: string): string {
  const moment = DateTime.fromISO(text, { zone: 'utc' });
  if (!moment.isValid)
    throw new Error(`${JSON.stringify(text)} is no time; write one like 2026-01-31T00:00:00Z`);
  return moment.toUTC().toISO();
}
