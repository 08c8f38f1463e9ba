import type { DateTime } from 'luxon';

const padded = (value: number, count: number) => String(value).padStart(count, '0');
const inEnglish = (time: DateTime) => time.reconfigure({ locale: 'en' });
const year = (value: number, count: number) => (count === 2 ? padded(value % 100, 2) : padded(value, count));
const text = (time: DateTime, count: number, long: string, short: string) =>
  inEnglish(time).toFormat(count >= 4 ? long : short);

/** The letters of Joda-Time's patterns. */
const LETTERS: Readonly<Record<string, (time: DateTime, count: number) => string>> = {
  G: () => 'AD',
  C: (time, count) => padded(Math.floor(time.year / 100), count),
  Y: (time, count) => year(time.year, count),
  y: (time, count) => year(time.year, count),
  x: (time, count) => year(time.weekYear, count),
  w: (time, count) => padded(time.weekNumber, count),
  e: (time, count) => padded(time.weekday, count),
  E: (time, count) => text(time, count, 'cccc', 'ccc'),
  D: (time, count) => padded(time.ordinal, count),
  M: (time, count) => (count >= 3 ? text(time, count, 'LLLL', 'LLL') : padded(time.month, count)),
  d: (time, count) => padded(time.day, count),
  a: (time) => (time.hour < 12 ? 'AM' : 'PM'),
  K: (time, count) => padded(time.hour % 12, count),
  h: (time, count) => padded(time.hour % 12 || 12, count),
  H: (time, count) => padded(time.hour, count),
  k: (time, count) => padded(time.hour || 24, count),
  m: (time, count) => padded(time.minute, count),
  s: (time, count) => padded(time.second, count),
  S: (time, count) => padded(time.millisecond, 3).padEnd(count, '0').slice(0, count),
  z: (time, count) => (count >= 4 ? (time.offsetNameLong ?? '') : (time.offsetNameShort ?? '')),
  Z: (time, count) => (count >= 3 ? (time.zoneName ?? '') : time.toFormat(count === 2 ? 'ZZ' : 'ZZZ')),
};

/**
 * A time by a pattern of Joda-Time, which is what AWS Data Pipeline's `format` takes.
 *
 * https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
 */
export const formatTime = (time: DateTime, pattern: string): string =>
  pattern.replace(/'(?<quoted>(?:[^']|'')*)'|(?<letters>(?<letter>[A-Za-z])\k<letter>*)/g, (...match) => {
    const { quoted, letters = '', letter = '' } = match.at(-1) as Record<string, string | undefined>;
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'");
    const write = LETTERS[letter];
    if (write === undefined) throw new Error(`Illegal pattern component: ${letter} in '${pattern}'`);
    return write(time, letters.length);
  });
