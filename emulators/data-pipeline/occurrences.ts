import { DateTime, Duration } from 'luxon';
import { parsePeriod } from './expression/period.ts';
import { toTime } from './expression/value.ts';
import type { Slot } from './instance.ts';
import type { BoundObject } from './types/type.ts';

export interface Occurrence extends Slot {
  /** When its instances are to appear. */
  dueAt: Date;
}

/**
 * The intervals of a Schedule, oldest first. A `cron` pipeline runs at the beginning of each, a `timeseries` at its end.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-schedule.html
 */
export function* occurrencesOf(
  schedule: BoundObject,
  isTimeSeries: boolean,
  firstActivation: Date,
): Generator<Occurrence> {
  const start = startOf(schedule, firstActivation);
  const period = parsePeriod(schedule.text('period') ?? '');
  if (period === undefined) throw new Error(`${schedule.id} has no period`);
  const end = schedule.text('endDateTime');
  const lastStart = end === undefined ? undefined : toTime(end);
  const most = Number(schedule.text('occurrences') ?? Infinity);
  // From the start each time, so that the 31st doesn't become the 28th for ever.
  const nth = (count: number) =>
    start.plus(Duration.fromObject(period.mapUnits((unit) => unit * count).toObject()));
  for (let count = 0; count < most; count += 1) {
    const [from, to] = [nth(count), nth(count + 1)];
    if (lastStart !== undefined && from >= lastStart) return;
    yield { start: from.toJSDate(), end: to.toJSDate(), dueAt: (isTimeSeries ? to : from).toJSDate() };
  }
}

/** When the first interval begins. */
export function startOf(schedule: BoundObject, firstActivation: Date): DateTime {
  const start = schedule.text('startDateTime');
  if (start !== undefined) return toTime(start);
  return DateTime.fromJSDate(firstActivation, { zone: 'utc' }).startOf('second');
}
