import { createInterface } from 'node:readline';
import type { Family } from './family.ts';
import { untilReady } from './readiness.ts';

export interface EmulatorOptions {
  family: Family;
  /** The compiled emulators/main. */
  main: string;
  /** The name on its command line, and of its log. */
  name: string;
  env: NodeJS.ProcessEnv;
  port: number;
  /** Where its data is kept; a temporary folder without. */
  dataFolder?: string | undefined;
  signal: AbortSignal;
}

/** Starts one of our own stand-ins and gives what it says of itself: `{ url, … }`. */
export async function startEmulator(options: EmulatorOptions): Promise<Record<string, string>> {
  const { family, main, name, env, port, dataFolder, signal } = options;
  const args = [main, name, '--json', '--port', String(port)];
  if (dataFolder !== undefined) args.push('--data', dataFolder);
  const child = await family.start({ name, command: process.execPath, args, env, readStdout: true });
  let said: Record<string, string> | undefined;
  if (child.stdout === null) throw new Error(`${name} has no stdout`);
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('{')) said ??= JSON.parse(line) as Record<string, string>;
  });
  await untilReady(child, signal, async () => said !== undefined);
  return said ?? {};
}
