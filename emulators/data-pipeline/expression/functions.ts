import { DateTime, type DurationUnit } from 'luxon';
import { formatTime } from './joda.ts';
import { shown, toNumber, toTime, type Value } from './value.ts';

interface Function {
  /** What it takes, for the message about a wrong call. */
  takes: string[];
  apply(...args: Value[]): Value;
}

const part = (read: (time: DateTime) => number): Function => ({
  takes: ['DateTime'],
  apply: (time) => BigInt(read(toTime(time))),
});

const moved = (move: (time: DateTime) => DateTime): Function => ({
  takes: ['DateTime'],
  apply: (time) => move(toTime(time)),
});

const shift = (unit: DurationUnit, sign: 1 | -1): Function => ({
  takes: ['DateTime', 'int'],
  apply: (time, count) => toTime(time).plus({ [unit]: sign * Number(toNumber(count)) }),
});

const UNITS = ['Minutes', 'Hours', 'Days', 'Weeks', 'Months', 'Years'] as const;
const SHIFTS = UNITS.flatMap((name): [string, Function][] => {
  const unit = name.toLowerCase() as DurationUnit;
  return [
    [`plus${name}`, shift(unit, 1)],
    [`minus${name}`, shift(unit, -1)],
  ];
});

const PARTS = ['year', 'month', 'day', 'hour', 'minute'] as const;

/** A time in UTC from its year, month, day …; `count` of them. */
const made = (count: number): Function => ({
  takes: PARTS.slice(0, count).map((name) => `int ${name}`),
  apply: (...args) => {
    const [year, month, day, hour = 0, minute = 0] = args.map((arg) => Number(toNumber(arg)));
    const time = DateTime.utc(year ?? 0, month ?? 0, day ?? 0, hour, minute);
    if (!time.isValid) throw new Error(`there is no such day: ${args.map(shown).join(', ')}`);
    return time;
  },
});

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-pipeline-reference-functions-datetime.html */
export const FUNCTIONS: Readonly<Record<string, Function>> = {
  ...Object.fromEntries(SHIFTS),
  minute: part((time) => time.minute),
  hour: part((time) => time.hour),
  day: part((time) => time.day),
  dayOfYear: part((time) => time.ordinal),
  month: part((time) => time.month),
  year: part((time) => time.year),
  firstOfMonth: moved((time) => time.set({ day: 1 })),
  midnight: moved((time) => time.startOf('day')),
  sunday: moved((time) => time.minus({ days: time.weekday % 7 })),
  yesterday: moved((time) => time.minus({ days: 1 })),
  makeDate: made(3),
  makeDateTime: made(5),
  format: {
    takes: ['DateTime', 'String format'],
    apply: (time, pattern) => formatTime(toTime(time), shown(pattern)),
  },
};
