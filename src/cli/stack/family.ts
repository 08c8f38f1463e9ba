import { join } from 'node:path';
import { startChild, type Child, type ChildOptions } from './child.ts';
import { startGuard } from './guard.ts';

type ChildStart = Omit<ChildOptions, 'logFile' | 'append'>;

/** All the processes of one stack: none is started once the end began, and none is left after it. */
export interface Family {
  start(options: ChildStart): Promise<Child>;
  /** By name, those that run. */
  pids(): Record<string, number>;
  /** Ends one of them, if it runs. */
  stop(name: string, graceMs: number): Promise<void>;
  stopAll(graceMs: number): Promise<void>;
  killAll(): void;
}

/** `folder` is where the logs go, as `NAME.log`. `onDeath` hears of those that end before the family does. */
export function createFamily(folder: string, onDeath: (child: Child, how: string) => void): Family {
  const guard = startGuard();
  const running = new Map<string, Child>();
  const names = new Set<string>();
  const starting = new Set<Promise<unknown>>();
  let ending = false;

  async function start(options: ChildStart): Promise<Child> {
    if (ending) throw new Error(`${options.name} is not started: the stack is ending`);
    const logFile = join(folder, `${options.name}.log`);
    const append = names.has(options.name);
    names.add(options.name);
    const child = await startChild({ ...options, logFile, append });
    running.set(child.name, child);
    guard.watch(child.pid);
    void child.exited.then((how) => {
      if (!ending) onDeath(child, how);
      guard.forget(child.pid);
      if (running.get(child.name) === child) running.delete(child.name);
    });
    return child;
  }

  return {
    start(options) {
      const started = start(options);
      const settled = started.catch(() => {}).finally(() => starting.delete(settled));
      starting.add(settled);
      return started;
    },
    pids: () => Object.fromEntries([...running.values()].map(({ name, pid }) => [name, pid])),
    stop: async (name, graceMs) => running.get(name)?.stop(graceMs),
    async stopAll(graceMs) {
      ending = true;
      await Promise.all(starting);
      await Promise.all([...running.values()].map((child) => child.stop(graceMs)));
      guard.release();
    },
    killAll() {
      ending = true;
      for (const child of running.values()) child.kill();
    },
  };
}
