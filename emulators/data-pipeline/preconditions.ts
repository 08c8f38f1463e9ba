import { setTimeout as sleep } from 'node:timers/promises';
import { refsOf, type Component } from './definition.ts';
import { periodMs } from './expression/period.ts';
import type { RunContext } from './run.ts';
import { typeOf } from './types/index.ts';

/** How often a precondition that is not met is looked at again; AWS takes minutes. */
const EVERY_MS = 250;

/** Waits until all preconditions of a component are met. Rejects when one has had its `preconditionTimeout`. */
export async function untilMet(
  component: Component,
  context: RunContext,
  signal: AbortSignal,
): Promise<void> {
  const conditions = refsOf(component, 'precondition').flatMap((id) => context.components.get(id) ?? []);
  await Promise.all(conditions.map((condition) => untilOneIsMet(condition, component, context, signal)));
}

async function untilOneIsMet(
  condition: Component,
  component: Component,
  { binder, services }: RunContext,
  signal: AbortSignal,
): Promise<void> {
  const object = binder.bind(condition, component);
  const node = binder.bind(component);
  const timeout = object.text('preconditionTimeout');
  const endsAt = Date.now() + (periodMs(timeout) ?? Infinity);
  while (!(await typeOf(object.type)?.isMet?.({ object, node, services, signal }))) {
    if (Date.now() >= endsAt)
      throw new Error(
        `the precondition ${condition.id} was not met within its preconditionTimeout of ${timeout}`,
      );
    await sleep(EVERY_MS, undefined, { signal });
  }
}
