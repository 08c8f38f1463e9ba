/** Times of the calendar, each field in cron's notation: what a cron expression and Temporal's calendar specs say. */
export interface CalendarTimes {
  minute: string;
  hour: string;
  dayOfMonth: string;
  month: string;
  dayOfWeek: string;
  year: string;
  /** As it stands in the file, for people. */
  text: string;
}

export type CalendarField = Exclude<keyof CalendarTimes, 'text'>;

/** The same, each field as the values that it may have, in order. 0 is Sunday. */
export type CalendarValues = Record<CalendarField, number[]> & { text: string };

interface FieldRange {
  words: string;
  min: number;
  max: number;
  names?: string[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const DAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** Temporal reckons with the years from 2000 to 2100. */
export const CALENDAR_FIELDS: Record<CalendarField, FieldRange> = {
  minute: { words: 'minute', min: 0, max: 59 },
  hour: { words: 'hour', min: 0, max: 23 },
  dayOfMonth: { words: 'day of month', min: 1, max: 31 },
  month: { words: 'month', min: 1, max: 12, names: MONTHS },
  dayOfWeek: { words: 'day of week', min: 0, max: 7, names: DAYS },
  year: { words: 'year', min: 2000, max: 2100 },
};

const NICKNAMES: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const MEND = 'write minute, hour, day of month, month and day of week, like "30 2 * * *", or @daily';

/** Reads a cron expression; an `Error` says what is wrong with it. */
export function parseCron(text: string): CalendarTimes {
  const fields = (NICKNAMES[text.trim()] ?? text).trim().split(/\s+/);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  if (fields.length !== 5)
    throw new Error(`${JSON.stringify(text)} is no cron expression of five fields; ${MEND}`);
  const times = { minute, hour, dayOfMonth, month, dayOfWeek, year: '*', text };
  if (isEither(times)) throw new Error(`${JSON.stringify(text)} ${EITHER}; ${eitherMend(fields)}`);
  if (neverComes(valuesOf(times))) throw new Error(`${JSON.stringify(text)} never comes; ${MEND}`);
  return times;
}

const EITHER = 'names days of the month and of the week, and cron takes either, Temporal both';

/** To cron a field that begins with a star is none that names days. */
const isEither = ({ dayOfMonth, dayOfWeek }: CalendarTimes): boolean =>
  !dayOfMonth.startsWith('*') && !dayOfWeek.startsWith('*');

const eitherMend = ([minute, hour, dayOfMonth, month, dayOfWeek]: string[]): string =>
  `write two entries, "${minute} ${hour} ${dayOfMonth} ${month} *" and "${minute} ${hour} * ${month} ${dayOfWeek}", ` +
  'or, for days that are both, a calendar';

/** Whether none of the months has such a day. */
export function neverComes({ month, dayOfMonth }: CalendarValues): boolean {
  const longest = Math.max(...month.map((of) => new Date(Date.UTC(2000, of, 0)).getUTCDate()));
  return dayOfMonth.every((day) => day > longest);
}

/** The values of each field; an `Error` says what is wrong with one. */
export function valuesOf(times: CalendarTimes): CalendarValues {
  const of = (field: CalendarField) => fieldValues(field, times[field]);
  return {
    minute: of('minute'),
    hour: of('hour'),
    dayOfMonth: of('dayOfMonth'),
    month: of('month'),
    dayOfWeek: of('dayOfWeek'),
    year: of('year'),
    text: times.text,
  };
}

const PART = /^(?:(\*)|([a-z]+|\d+)(?:-([a-z]+|\d+))?)(?:\/(\d+))?$/;

/** What a field like `1-5`, `mon-fri`, `1,15` or `* /10` (without the space) stands for. */
export function fieldValues(field: CalendarField, text: string): number[] {
  const { min, max, words, names } = CALENDAR_FIELDS[field];
  const values = new Set<number>();
  const refuse = (): never => {
    const named = names ? `, ${names[0]?.slice(0, 3)} to ${names.at(-1)?.slice(0, 3)}` : '';
    throw new Error(
      `${JSON.stringify(text)} can't stand for the ${words}; write ${min} to ${max}${named}, *, ranges like ${min}-${min + 2} and steps like */2`,
    );
  };
  const valueOf = (word: string): number => {
    const named = word.length < 3 ? -1 : (names?.findIndex((name) => name.startsWith(word)) ?? -1);
    const value = named >= 0 ? named + (field === 'month' ? 1 : 0) : Number(word);
    return Number.isInteger(value) && value >= min && value <= max ? value : refuse();
  };
  for (const part of text.toLowerCase().split(',')) {
    const [all, star, first = '', last, step] = PART.exec(part) ?? [];
    if (all === undefined || step === '0') return refuse();
    const from = star ? min : valueOf(first);
    // Without an end a step goes on to the last value there is.
    const alone = step === undefined ? from : max;
    const to = star ? max : last === undefined ? alone : valueOf(last);
    if (to < from) return refuse();
    // Sunday is 0 and 7.
    for (let value = from; value <= to; value += Number(step ?? 1))
      values.add(field === 'dayOfWeek' ? value % 7 : value);
  }
  return [...values].sort((left, right) => left - right);
}

/** Whether the times are those of every hour of every day. */
export const isHourly = ({ hour, dayOfMonth, month, dayOfWeek, year }: CalendarValues): boolean =>
  hour.length === 24 &&
  dayOfMonth.length === 31 &&
  month.length === 12 &&
  dayOfWeek.length === 7 &&
  year.length === 101;
