import { RedshiftError } from '../error.ts';

/** A moment as it was written; what the format doesn't have is absent. */
interface Moment {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  fraction?: string;
  offset?: string;
  isAfternoon?: boolean;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH_NAMES =
  'january february march april may june july august september october november december'.split(' ');

interface Part {
  /** With `_` where a number must have all its digits, since the next one follows at once. */
  pattern: string;
  read: (text: string, moment: Moment) => void;
}

const number = (name: 'month' | 'day' | 'hour' | 'minute' | 'second'): Part => ({
  pattern: '\\d{_2}',
  read: (text, moment) => void (moment[name] = Number(text)),
});

const month: Part = {
  pattern: '[A-Za-z]{3,9}',
  read: (text, moment) => {
    const name = text.toLowerCase();
    const at = name.length === 3 ? MONTHS.indexOf(name) : MONTH_NAMES.indexOf(name);
    moment.month = at < 0 ? Number.NaN : at + 1;
  },
};

const meridian: Part = {
  pattern: '[AaPp]\\.?[Mm]\\.?',
  read: (text, moment) => void (moment.isAfternoon = /^p/i.test(text)),
};

const offset: Part = {
  pattern: '[+-]\\d{1,2}(?::?\\d{2})?|[Zz]|UTC',
  read: (text, moment) => void (moment.offset = /^[+-]/.test(text) ? text : '+00'),
};

/** https://docs.aws.amazon.com/redshift/latest/dg/r_DATEFORMAT_and_TIMEFORMAT_strings.html */
const PARTS: Record<string, Part> = {
  YYYY: { pattern: '\\d{4}', read: (text, moment) => void (moment.year = Number(text)) },
  YY: {
    pattern: '\\d{2}',
    read: (text, moment) => void (moment.year = Number(text) + (Number(text) < 70 ? 2000 : 1900)),
  },
  MONTH: month,
  MON: month,
  MM: number('month'),
  DD: number('day'),
  HH24: number('hour'),
  HH12: number('hour'),
  HH: number('hour'),
  MI: number('minute'),
  SS: {
    pattern: '\\d{_2}(?:\\.\\d{1,6})?',
    read: (text, moment) => {
      const [whole, fraction] = text.split('.');
      moment.second = Number(whole);
      if (fraction) moment.fraction = fraction;
    },
  },
  AM: meridian,
  PM: meridian,
  OF: offset,
  TZ: offset,
};

const two = (value: number): string => String(value).padStart(2, '0');

const isDay = ({ year = 0, month: at = 0, day = 0 }: Moment): boolean => {
  const date = new Date(Date.UTC(2000, at - 1, day));
  date.setUTCFullYear(year, at - 1, day);
  return year > 0 && date.getUTCMonth() === at - 1 && date.getUTCDate() === day;
};

const isTime = ({ hour = 0, minute = 0, second = 0, isAfternoon }: Moment): boolean =>
  hour <= (isAfternoon === undefined ? 23 : 12) && minute <= 59 && second <= 59;

const iso = (moment: Moment): string => {
  const {
    year = 0,
    month: at = 0,
    day = 0,
    hour = 0,
    minute = 0,
    second = 0,
    fraction,
    isAfternoon,
  } = moment;
  const hours = isAfternoon === undefined ? hour : (hour % 12) + (isAfternoon ? 12 : 0);
  const time = `${two(hours)}:${two(minute)}:${two(second)}${fraction ? `.${fraction}` : ''}`;
  return `${String(year).padStart(4, '0')}-${two(at)}-${two(day)} ${time}${moment.offset ?? ''}`;
};

/** Reads a date or time as ISO 8601 with a space, or finds that it isn't one. */
export type ReadMoment = (text: string) => string | undefined;

/** How text in a format such as `DD/MM/YYYY` is read. Fails with a `RedshiftError` on a format that has no year. */
export const readFormat = (format: string): ReadMoment => {
  const parts: Part[] = [];
  const pieces = format.match(/YYYY|YY|MONTH|MON|MM|DD|HH24|HH12|HH|MI|SS|AM|PM|OF|TZ|[\s\S]/gi) ?? [];
  const pattern = pieces.map((piece, n) => {
    const part = PARTS[piece.toUpperCase()];
    if (!part) return piece === ' ' ? '\\s+' : piece.replace(/[^\w]/g, String.raw`\$&`);
    parts.push(part);
    const isFollowed = PARTS[pieces[n + 1]?.toUpperCase() ?? ''] !== undefined;
    return `(${part.pattern.replace('{_2}', isFollowed ? '{2}' : '{1,2}')})`;
  });
  if (!/yy/i.test(format)) throw new RedshiftError(`Invalid date or time format '${format}'`);
  const whole = new RegExp(`^${pattern.join('')}$`, 'i');
  return (text) => {
    const found = whole.exec(text);
    if (!found) return undefined;
    const moment: Moment = {};
    for (const [n, part] of parts.entries()) part.read(found[n + 1]!, moment);
    return isDay(moment) && isTime(moment) ? iso(moment) : undefined;
  };
};

/** Reads text that is in one of several formats. */
export const readAnyFormat = (formats: readonly string[]): ReadMoment => {
  const readers = formats.map(readFormat);
  return (text) => {
    for (const read of readers) {
      const moment = read(text);
      if (moment !== undefined) return moment;
    }
    return undefined;
  };
};
