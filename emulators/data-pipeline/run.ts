import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  componentsOf,
  parametersOf,
  refsOf,
  textOf,
  textsOf,
  type Component,
  type Definition,
} from './definition.ts';
import { evaluate } from './expression.ts';
import { createInstance, hasEnded, type Instance, type InstanceStatus } from './instance.ts';
import { timestamp, type ParameterValue } from './protocol.ts';
import { typeOf } from './types/index.ts';
import type { BoundObject, Connection } from './types/type.ts';

/** How long an activity waits for its runner, which on AWS polls for work. */
const PICKED_UP_AFTER_MS = 50;

/** One activation of a pipeline: an instance for each of its activities and of the resources that they run on. */
export interface Run {
  instances: Instance[];
  /** Resolves when nothing can go on any more. */
  done: Promise<void>;
  /** Resolves when nothing runs any more and what had not ended is CANCELED. */
  cancel(): Promise<void>;
}

export interface RunOptions {
  pipelineId: string;
  definition: Definition;
  given: ParameterValue[];
  scheduledAt: Date;
  warehouse: Connection | undefined;
}

export function startRun({ pipelineId, definition, given, scheduledAt, warehouse }: RunOptions): Run {
  const cancelled = new AbortController();
  // Every activity that runs listens.
  setMaxListeners(0, cancelled.signal);
  const components = componentsOf(definition);
  const parameters = parametersOf(definition, given);
  const runtime = [
    { key: '@pipelineId', stringValue: pipelineId },
    { key: '@scheduledStartTime', stringValue: timestamp(scheduledAt) },
  ];

  const bind = (component: Component): BoundObject => {
    const scope = { fields: [...component.fields, ...runtime] };
    const texts = (key: string) => textsOf(component, key).map((text) => evaluate(text, scope, parameters));
    return {
      id: component.id,
      type: component.type ?? '',
      texts,
      text: (key) => texts(key)[0],
      object: (key) => {
        const target = components.get(refsOf(component, key)[0] ?? '');
        return target && bind(target);
      },
    };
  };

  const ofRole = (role: string) => [...components.values()].filter(({ type }) => typeOf(type)?.role === role);
  const activities = ofRole('activity').map((component) => createInstance(component, scheduledAt));
  const used = new Set(activities.flatMap(({ component }) => refsOf(component, 'runsOn')));
  const resources = ofRole('resource')
    .filter(({ id }) => used.has(id))
    .map((component) => createInstance(component, scheduledAt, 'RUNNING'));

  const outcomes = new Map<string, Promise<InstanceStatus>>();
  const outcomeOf = (id: string): Promise<InstanceStatus> => {
    const known = outcomes.get(id);
    if (known !== undefined) return known;
    const instance = activities.find(({ component }) => component.id === id);
    const outcome = instance === undefined ? Promise.resolve('FINISHED' as const) : perform(instance);
    outcomes.set(id, outcome);
    return outcome;
  };

  /** What becomes of an activity; WAITING_ON_DEPENDENCIES if its turn can't come. */
  const perform = async (instance: Instance): Promise<InstanceStatus> => {
    // Lets the caller note the promise first.
    await Promise.resolve();
    const needed = await Promise.all(refsOf(instance.component, 'dependsOn').map(outcomeOf));
    if (cancelled.signal.aborted) return instance.end('CANCELED');
    if (!needed.every((status) => status === 'FINISHED')) {
      // With the default mode, `none`, AWS leaves it waiting for somebody to rerun what failed.
      const cascades = textOf(instance.component, 'failureAndRerunMode')?.toLowerCase() === 'cascade';
      const failed = needed.some((status) => status !== 'FINISHED' && hasEnded(status));
      return cascades && failed ? instance.end('CASCADE_FAILED', 'a dependency failed') : instance.status;
    }
    instance.status = 'WAITING_FOR_RUNNER';
    await sleep(PICKED_UP_AFTER_MS, undefined, { signal: cancelled.signal }).catch(() => undefined);
    return cancelled.signal.aborted ? instance.end('CANCELED') : attempt(instance);
  };

  /** Tries once, and again at once for each of `maximumRetries` (0 unless given; AWS waits for `retryDelay`). */
  const attempt = async (instance: Instance): Promise<InstanceStatus> => {
    const object = bind(instance.component);
    const type = typeOf(object.type);
    for (let left = Number(object.text('maximumRetries') ?? 0); ; left -= 1) {
      const current = instance.startAttempt();
      try {
        await type?.run?.({ object, warehouse, signal: cancelled.signal });
        current.end('FINISHED');
        return instance.end('FINISHED');
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (cancelled.signal.aborted) {
          current.end('CANCELED');
          return instance.end('CANCELED');
        }
        current.end('FAILED', message);
        if (left <= 0) return instance.end('FAILED', message);
      }
    }
  };

  const done = (async () => {
    await Promise.all(activities.map(({ component }) => outcomeOf(component.id)));
    for (const resource of resources) resource.end(cancelled.signal.aborted ? 'CANCELED' : 'FINISHED');
  })();

  const instances = [...resources, ...activities];
  return {
    instances,
    done,
    async cancel() {
      cancelled.abort(new Error('cancelled'));
      await done;
      for (const instance of instances) if (!hasEnded(instance.status)) instance.end('CANCELED');
    },
  };
}
