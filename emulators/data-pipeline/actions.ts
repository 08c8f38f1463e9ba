import { refsOf } from './definition.ts';
import type { Instance } from './instance.ts';
import type { RunContext } from './run.ts';
import { typeOf } from './types/index.ts';

export type Occasion = 'onFail' | 'onSuccess' | 'onLateAction';

/** Does what a component wants done on an occasion. What goes wrong there is told, and changes nothing else. */
export async function act(occasion: Occasion, instance: Instance, context: RunContext): Promise<void> {
  const { binder, components, services, say } = context;
  for (const id of refsOf(instance.component, occasion)) {
    const action = components.get(id);
    if (action === undefined) continue;
    try {
      await typeOf(action.type)?.act?.({
        object: binder.bind(action, instance.component),
        node: binder.bind(instance.component),
        services,
        signal: AbortSignal.timeout(30_000),
        terminate: () => instance.cancel(),
      });
      say(`${occasion} of ${instance.id}: ${id}`);
    } catch (error) {
      say(`${occasion} of ${instance.id}: ${id}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
