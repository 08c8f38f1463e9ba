import { DateTime } from 'luxon';

/** Whole numbers are bigint, others number; AWS divides the two differently. A list stands for several values. */
export type Value = string | bigint | number | DateTime | Value[];

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[Zz]?$/;

export const isTime = (value: Value): boolean =>
  value instanceof DateTime || (typeof value === 'string' && TIME.test(value));

/** A DateTime of AWS: UTC, whole seconds. */
export function toTime(value: Value): DateTime {
  if (value instanceof DateTime) return value;
  if (typeof value === 'string' && TIME.test(value)) return DateTime.fromISO(value, { zone: 'utc' });
  throw new Error(`${shown(value)} is no DateTime; write it as 2026-01-31T00:00:00`);
}

/** Fields and parameters are texts; where a number is wanted a text that is one counts as such. */
export function toNumber(value: Value): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d*\.\d+$/.test(value)) return Number(value);
  throw new Error(`${shown(value)} is no number`);
}

/** As it stands in the evaluated text. */
export function shown(value: Value): string {
  if (value instanceof DateTime) return value.toUTC().toFormat("yyyy-MM-dd'T'HH:mm:ss");
  if (Array.isArray(value)) return value.map(shown).join(',');
  if (typeof value === 'number' && Number.isInteger(value)) return value.toFixed(1);
  return String(value);
}
