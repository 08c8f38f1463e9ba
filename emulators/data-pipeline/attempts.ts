import { setTimeout as sleep } from 'node:timers/promises';
import { logPlace, openAttemptLog } from './attempt-log.ts';
import { periodMs } from './expression/period.ts';
import type { Instance, InstanceStatus } from './instance.ts';
import { linked } from './linked.ts';
import type { RunContext } from './run.ts';
import { typeOf } from './types/index.ts';
import type { BoundObject } from './types/type.ts';

/**
 * Tries an activity, and again for each of `maximumRetries` after `retryDelay`. Without those two it is tried once,
 * and again at once; AWS has defaults of its own.
 */
export async function performAttempts(
  instance: Instance,
  context: RunContext,
  signal: AbortSignal,
): Promise<InstanceStatus> {
  const object = context.binder.bind(instance.component);
  for (let left = Number(object.text('maximumRetries') ?? 0); ; left -= 1) {
    const failure = await performAttempt(instance, object, context, signal);
    if (failure === undefined) return instance.end('FINISHED');
    if (signal.aborted) return instance.end('CANCELED');
    if (left <= 0) return instance.end('FAILED', failure);
    instance.status = 'WAITING_FOR_RUNNER';
    await sleep(periodMs(object.text('retryDelay')) ?? 0, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return instance.end('CANCELED');
  }
}

/** One try; gives the reason where it failed. */
async function performAttempt(
  instance: Instance,
  object: BoundObject,
  { pipelineId, services, say }: RunContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const attempt = instance.startAttempt();
  const type = typeOf(object.type);
  const logUri = object.text('pipelineLogUri');
  const place = logUri && logPlace(logUri, pipelineId, instance.component.id, instance.id, attempt.id);
  if (place && type?.logField !== undefined) attempt.extra.push({ key: type.logField, stringValue: place });
  const log = await openAttemptLog(services.s3, place, say);
  const timeout = object.text('attemptTimeout');
  const timeoutMs = periodMs(timeout);
  const limited = linked(signal);
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => limited.abort(new Error('late')), timeoutMs);
  try {
    log.say(`${attempt.id} begins`);
    await type?.run?.({ object, services, signal: limited.signal, ...log });
    log.say('FINISHED');
    attempt.end('FINISHED');
    return undefined;
  } catch (error) {
    const isLate = limited.signal.aborted && !signal.aborted;
    const said = error instanceof Error ? error.message : String(error);
    const message = isLate ? `the attempt took longer than its attemptTimeout of ${timeout}` : said;
    log.say(`${signal.aborted ? 'CANCELED' : 'FAILED'}: ${message}`);
    if (signal.aborted) attempt.end('CANCELED');
    else attempt.end('FAILED', message);
    return message;
  } finally {
    clearTimeout(timer);
    await log.close();
  }
}
