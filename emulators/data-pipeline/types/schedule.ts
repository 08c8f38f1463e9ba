import { DateTime } from 'luxon';
import { has, textOf, type Component } from '../definition.ts';
import { parsePeriod } from '../expression/period.ts';
import type { ObjectType } from './type.ts';

const SHORTEST = { minutes: 15 };
const LONGEST = { years: 3 };
const FROM = '2000-01-01T00:00:00';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/;
/** A Schedule of an on-demand pipeline may say so itself. */
const ON_DEMAND = 'ONDEMAND_PERIOD';

/**
 * When a pipeline runs.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-schedule.html
 */
export const schedule: ObjectType = {
  role: 'schedule',
  required: ['period'],
  oneOf: [['startDateTime', 'startAt']],
  optional: ['endDateTime', 'occurrences'],
  refs: {},
  errors: (component) => [...errorsOfPeriod(component), ...errorsOfBounds(component)],
};

function errorsOfPeriod(component: Component): string[] {
  const text = textOf(component, 'period');
  if (text === undefined || text === ON_DEMAND || text.includes('#{')) return [];
  const period = parsePeriod(text);
  if (period === undefined)
    return [`INVALID_FIELD_VALUE: 'period' is '${text}'; write a number and a unit, as in '1 day'.`];
  const start = DateTime.fromISO(FROM, { zone: 'utc' });
  const end = start.plus(period);
  return end < start.plus(SHORTEST) || end > start.plus(LONGEST)
    ? [`INVALID_FIELD_VALUE: 'period' is from 15 minutes to 3 years, not '${text}'.`]
    : [];
}

function errorsOfBounds(component: Component): string[] {
  const times = ['startDateTime', 'endDateTime'].flatMap((key) => {
    const text = textOf(component, key);
    return text === undefined || text.includes('#{') || TIME.test(text)
      ? []
      : [`INVALID_FIELD_VALUE: '${key}' is '${text}'; write it as 2026-01-31T00:00:00, in UTC.`];
  });
  const startAt = textOf(component, 'startAt');
  const both = (one: string, other: string) =>
    has(component, one) && has(component, other)
      ? [`INVALID_FIELD_VALUE: '${one}' and '${other}' exclude each other.`]
      : [];
  const wrongStart = ![undefined, 'FIRST_ACTIVATION_DATE_TIME', 'ONDEMAND_ACTIVATION_TIME'].includes(startAt);
  const occurrences = textOf(component, 'occurrences');
  return [
    ...times,
    ...both('startDateTime', 'startAt'),
    ...both('endDateTime', 'occurrences'),
    ...(wrongStart
      ? [`INVALID_FIELD_VALUE: 'startAt' is FIRST_ACTIVATION_DATE_TIME, not '${startAt}'.`]
      : []),
    ...(occurrences === undefined || /^[1-9]\d*$/.test(occurrences) || occurrences.includes('#{')
      ? []
      : [`INVALID_FIELD_VALUE: 'occurrences' is a number from 1, not '${occurrences}'.`]),
  ];
}
