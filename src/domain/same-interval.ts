import type { Definition } from './definition.ts';
import type { Interval } from './interval.ts';
import { intervalsOf } from './schedule-ticks.ts';

/**
 * The interval of another pipeline that is the same as that one: the same day, week or month by its name, each in its
 * own zone; hours and ticks by the instant at which they end. An `Error` says why there is none.
 */
export function sameInterval(
  { name, covers }: Pick<Definition, 'name' | 'covers'>,
  interval: Interval,
  other: Definition,
): Interval {
  if (other.covers !== covers) {
    throw new Error(
      `${name} covers a ${covers} and ${other.name} a ${other.covers}; a run waits for one of the same interval only`,
    );
  }
  const theirs = intervalsOf(other);
  if (covers !== 'hour' && covers !== 'tick') return theirs.parse(interval.id);
  const found = theirs.lastTo(new Date(interval.end));
  if (found && Date.parse(found.end) === Date.parse(interval.end)) return found;
  throw new Error(`${other.name} has no ${covers} that ends at ${interval.end}, as ${interval.id} does`);
}
