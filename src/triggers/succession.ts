import type { Fields } from './schedule-fields.ts';

/** What `apply` writes at a schedule that it pauses. */
export const PAUSE_NOTE = 'paused by millrace apply: no pipeline file has it';

/** A schedule that is new, or that comes back with its file. */
export interface Coming {
  schedule: string;
  pipeline: string;
  times: string;
}

/** A schedule that no file has any more. */
export interface Leaving extends Coming {
  /** The note with which it is paused; undefined where it is not. */
  note: string | undefined;
}

/** When a schedule ticks, as a text. */
export const timesText = ({ calendar, interval, timezone }: Fields): string =>
  JSON.stringify([calendar, interval, timezone]);

/**
 * The schedule whose pause each coming one takes over, by the latter's ID. Parameters are part of an ID, so that who
 * changes them makes another schedule of what is one to a person, who may have paused it. A schedule comes in the place
 * of those with the same times; where there are none, of those whose times no file has any more.
 */
export function successions(coming: readonly Coming[], leaving: readonly Leaving[]): Map<string, Leaving> {
  const taken = new Map<string, Leaving>();
  // One that apply has paused went before.
  const going = leaving.filter(({ note }) => note !== PAUSE_NOTE);
  for (const { schedule, pipeline, times } of coming) {
    const siblings = coming.filter((other) => other.pipeline === pipeline);
    const before = going.filter((one) => one.pipeline === pipeline);
    const same = before.filter((one) => one.times === times);
    const free = before.filter((one) => !siblings.some((other) => other.times === one.times));
    const paused = (same.length > 0 ? same : free).find(({ note }) => note !== undefined);
    if (paused) taken.set(schedule, paused);
  }
  return taken;
}
