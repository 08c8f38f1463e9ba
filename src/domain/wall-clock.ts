import { IANAZone } from 'luxon';

/*
 * A zone's wall clock. A wall time is given as the milliseconds that it would have in UTC, so that it can be reckoned
 * with; which instants it means is another matter, because clocks are moved.
 */

const MINUTE_MS = 60_000;
/** No clock was ever moved by more than a day. */
const DAY_MS = 86_400_000;

const offsetMs = (zone: IANAZone, atMs: number): number => zone.offset(atMs) * MINUTE_MS;

/** The zone of that name; an `Error` says what a name looks like. */
export function zoneOf(timezone: string): IANAZone {
  // Luxon keeps zones by their names; its `isValidZone` makes a formatter at each call.
  const zone = IANAZone.create(timezone);
  if (zone.isValid) return zone;
  throw new Error(`${JSON.stringify(timezone)} is no time zone; write a name like America/New_York or UTC`);
}

/** What the clock shows at an instant. */
export const wallAt = (zone: IANAZone, atMs: number): number => atMs + offsetMs(zone, atMs);

/** The instants at which the clock shows that time: none where it is skipped, two where the clock is set back. */
export function instantsOf(zone: IANAZone, wallMs: number): number[] {
  const earlier = wallMs - offsetMs(zone, wallMs - DAY_MS);
  const later = wallMs - offsetMs(zone, wallMs + DAY_MS);
  const shown = [...new Set([earlier, later])].filter((atMs) => wallAt(zone, atMs) === wallMs);
  return shown.sort((left, right) => left - right);
}

/** The first instant at which the clock shows that time, or has skipped it. */
export function firstInstantOf(zone: IANAZone, wallMs: number): number {
  const [first] = instantsOf(zone, wallMs);
  if (first !== undefined) return first;
  const hasPassed = (atMs: number) => wallAt(zone, atMs) >= wallMs;
  return turningPoint(wallMs - DAY_MS, wallMs + DAY_MS, hasPassed);
}

/** The instant, to the second, from which on something holds that does not hold at `low` and holds at `high`. */
export function turningPoint(low: number, high: number, holds: (atMs: number) => boolean): number {
  let [before, after] = [Math.floor(low / 1_000), Math.ceil(high / 1_000)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (holds(middle * 1_000)) after = middle;
    else before = middle;
  }
  return after * 1_000;
}
