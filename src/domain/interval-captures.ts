import type { Captured } from './event-path.ts';

/** What paths capture for an interval; worked out beforehand, for it takes the calendar of a zone. */
export interface IntervalCaptures {
  interval: string;
  /** The dates that name it. */
  days: string[];
  /** Of an hour. */
  hour?: string;
}

/** Whether it is that interval that a path has captured. */
export function isNamed(captured: Captured, { interval, days, hour }: IntervalCaptures): boolean {
  const whole = captured.interval ?? captured.week;
  if (whole !== undefined) return whole === interval;
  const { year, month, day = '01' } = captured;
  const date = captured.date ?? [year, month, day].join('-');
  const agrees = (part: string | undefined, from: number) =>
    part === undefined || date.slice(from, from + part.length) === part;
  if (!agrees(year, 0) || !agrees(month, 5) || !agrees(captured.day, 8)) return false;
  const isHour =
    captured.hour === undefined || (hour === undefined ? captured.hour < '24' : captured.hour === hour);
  return isHour && days.includes(date);
}
