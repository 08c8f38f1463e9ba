import { completeEnvironment, environment } from '../config.ts';
import type { JobEngine } from '../ports.ts';
import { createEngines } from '../worker.ts';
import { configuration, connect, type CommonFlags, type Connected } from './context.ts';

/** Lets a command talk to the engines themselves, by name, and to Temporal; the environment is that of the stack in use. */
export async function withEngines(
  flags: CommonFlags,
  use: (engines: Readonly<Record<string, JobEngine>>, connected: Connected) => Promise<void>,
): Promise<void> {
  const config = await configuration(flags);
  const connected = await connect(flags, config.folder);
  try {
    const env = connected.dev ? completeEnvironment(connected.dev.env) : environment;
    await use(createEngines(config, env).engines, connected);
  } finally {
    await connected.close();
  }
}
