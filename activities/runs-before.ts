import { sameInterval } from '../src/domain/same-interval.ts';
import type { Definition } from '../src/domain/definition.ts';
import { EtlError, rejecting } from '../src/domain/failure.ts';
import type { Interval } from '../src/domain/interval.ts';

/** The IDs of the runs that have to be done before a run; `Rejected` where one of them could never be. */
export async function runsBefore(
  definition: Definition,
  interval: Interval,
  load: (name: string) => Promise<Definition>,
): Promise<string[]> {
  const ids: string[] = [];
  for (const name of definition.after ?? []) {
    const other = await load(name);
    await refuseCircle(definition.name, [definition.name, name], other, load);
    ids.push(`${name}/${rejecting(() => sameInterval(definition, interval, other)).id}`);
  }
  return ids;
}

/** Runs that wait for each other would wait for ever. */
async function refuseCircle(
  start: string,
  way: string[],
  { after = [] }: Definition,
  load: (name: string) => Promise<Definition>,
): Promise<void> {
  for (const name of after) {
    const further = [...way, name];
    if (name === start) {
      throw new EtlError('Rejected', `${further.join(' waits for ')}; take one of these out of \`after\``);
    }
    if (!way.includes(name)) await refuseCircle(start, further, await load(name), load);
  }
}
