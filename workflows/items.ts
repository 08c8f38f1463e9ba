import { CancellationScope } from '@temporalio/workflow';
import type { ForEach, Json } from '../src/domain/definition.ts';
import { shortHash } from '../src/domain/key.ts';
import { renderDeep, renderValue } from '../src/domain/template.ts';
import { evidence, failure, rejecting } from './failures.ts';
import type { StepRun } from './step-run.ts';

/** Each item adds to the history, which Temporal ends at 51,200 events. */
const MOST_ITEMS = 1_000;
const WORD = /^[\w.:@/-]{1,60}$/;

/** What an item is called: the same for the same item, wherever it stands in the list. */
function labelOf(item: Json): string {
  const text = typeof item === 'string' ? item : JSON.stringify(item);
  return WORD.test(text) ? text : shortHash(JSON.stringify(item), 12);
}

/** The steps that a step with `forEach` comes to: one for each item, with an id and so with keys of its own. */
export function itemRuns(step: StepRun, { list }: ForEach): StepRun[] {
  const items = rejecting(
    () => (typeof list === 'string' ? renderValue(list, step.scope()) : renderDeep(list, step.scope())),
    'forEach: ',
  );
  if (!Array.isArray(items))
    throw failure('Rejected', `forEach comes to ${JSON.stringify(items)}, not to a list`);
  if (items.length > MOST_ITEMS)
    throw failure('Rejected', `forEach comes to ${items.length} items; there may be ${MOST_ITEMS}`);
  const seen = new Set<string>();
  return items.map((item) => {
    const label = labelOf(item);
    if (seen.has(label)) throw failure('Rejected', `forEach has ${JSON.stringify(item)} twice`);
    seen.add(label);
    return step.ofItem(label, item);
  });
}

/**
 * Runs the items, some at once. After a failure those that run finish and no other starts, unless the step may fail:
 * then all are tried. The failure is that of the first in the list.
 */
export async function runItems(step: StepRun, { concurrency }: ForEach): Promise<object> {
  const { items } = step;
  const waiting = [...items];
  const tell = () => {
    const ended = items.filter(({ state }) => state === 'done').length;
    step.say(`${ended} of ${items.length} done`);
  };
  const mayStart = () =>
    !CancellationScope.current().consideredCancelled &&
    (step.definition.allowFailure || items.every(({ state }) => state !== 'failed'));
  const lane = async () => {
    while (mayStart()) {
      const next = waiting.shift();
      if (next === undefined) return;
      await next.execute();
      tell();
    }
  };
  tell();
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, lane));
  if (CancellationScope.current().consideredCancelled) await CancellationScope.current().cancelRequested;

  const bad = items.find(({ state }) => state === 'failed');
  if (bad?.failure) {
    const { type, message, ref, log } = bad.failure;
    const details = {
      ...(ref !== null && { ref }),
      ...(log !== null && { log }),
      ...evidence(bad.failure),
    };
    throw failure(type, `${bad.definition.id}${bad.attemptWords()}: ${message}`, details);
  }
  const results = items.map(({ item, result }) => ({ item: item?.value ?? null, ...result }));
  const rows = items.map(({ result }) => result?.['rows']);
  const counted = rows.every((count) => typeof count === 'number');
  return {
    count: items.length,
    ...(counted && items.length > 0 && { rows: rows.reduce((sum, count) => sum + count, 0) }),
    results,
  };
}
