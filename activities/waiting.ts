import { Context } from '@temporalio/activity';
import { EtlError } from '../src/domain/failure.ts';

/**
 * The one way to wait in an activity: heartbeats with what `details` says, at a third of the heartbeat timeout (the SDK
 * thins them out), while `wait` runs; and `wait` gets a promise that rejects when the activity is cancelled.
 */
export async function heartbeating<T>(
  details: () => unknown,
  wait: (cancelled: Promise<never>) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const beat = () => context.heartbeat(details());
  beat();
  const timer = setInterval(beat, (context.info.heartbeatTimeoutMs ?? 30_000) / 3);
  try {
    return await wait(context.cancelled);
  } finally {
    clearInterval(timer);
  }
}

/** Asks again and again until there is an answer, for what no list call can gather. */
export async function polling<T>(
  intervalMs: number,
  ask: () => Promise<T | undefined>,
  say: () => unknown = () => undefined,
): Promise<T> {
  return heartbeating(say, async (cancelled) => {
    for (;;) {
      const answer = await Promise.race([ask(), cancelled]);
      if (answer !== undefined) return answer;
      await pause(intervalMs, cancelled);
    }
  });
}

/** Sleeps, unless the activity is cancelled first. */
export async function pause(
  ms: number,
  cancelled: Promise<never> = Context.current().cancelled,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slept = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  try {
    await Promise.race([slept, cancelled]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks a connection up by its name; `Rejected` says which there are. */
export function connection<T>(what: string, all: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(all).join(', ') || 'none';
  throw new EtlError('Rejected', `no ${what} is called ${name}; millrace.yaml has: ${names}`);
}
