import { z } from 'zod';
import { anyJson } from './fields.ts';
import {
  CALENDAR_FIELDS,
  fieldValues,
  neverComes,
  valuesOf,
  type CalendarField,
  type CalendarTimes,
} from '../domain/schedule-calendar.ts';

/** A field of the calendar: a number, or a text in cron's notation. */
const field = (name: CalendarField, otherwise: string) =>
  z
    .union([z.int(), z.string()])
    .superRefine((value, context) => {
      try {
        fieldValues(name, String(value));
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        context.addIssue({ code: 'custom', message, params: { code: 'bad-cron' } });
      }
    })
    .optional()
    .meta({
      description: `The ${CALENDAR_FIELDS[name].words}, in cron’s notation; ${otherwise} unless said.`,
      examples: name === 'dayOfWeek' ? ['mon-fri'] : [CALENDAR_FIELDS[name].min],
    });

const fields = {
  minute: field('minute', '0'),
  hour: field('hour', '0'),
  dayOfMonth: field('dayOfMonth', 'any'),
  month: field('month', 'any'),
  dayOfWeek: field('dayOfWeek', 'any'),
  year: field('year', 'any'),
};

export const entryParams = z
  .record(z.string(), anyJson())
  .optional()
  .meta({ description: 'Parameters that the runs of these ticks override.' });

export const calendar = z.strictObject({ ...fields, params: entryParams }).superRefine((entry, context) => {
  if (!isRight(entry) || !neverComes(valuesOf(calendarTimes(entry)))) return;
  const message = 'none of these months has such a day; write another dayOfMonth or month';
  context.addIssue({ code: 'custom', message, params: { code: 'bad-cron' } });
});

type CalendarFile = Partial<Record<CalendarField, string | number | undefined>>;

const isRight = (entry: CalendarFile): boolean =>
  Object.entries(fields).every(([name, { safeParse }]) => safeParse(entry[name as CalendarField]).success);

/** The times that a calendar of the file stands for. */
export function calendarTimes(file: CalendarFile): CalendarTimes {
  const { minute = 0, hour = 0, dayOfMonth = '*', month = '*', dayOfWeek = '*', year = '*' } = file;
  const all = { minute, hour, dayOfMonth, month, dayOfWeek, year };
  const texts = Object.entries(all).map(([name, value]) => [name, String(value)]);
  const said = texts.filter(([name]) => file[name as CalendarField] !== undefined);
  const text = said.map(([name, value]) => `${name} ${value}`).join(', ') || 'every day at 00:00';
  return { ...Object.fromEntries(texts), text } as CalendarTimes;
}
