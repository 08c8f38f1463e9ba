import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs a program to its end, and throws with its words if it fails. */
export async function runCommand(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const [said, [code]] = await Promise.all([
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`${command} ended with exit code ${code}: ${said.slice(-500)}`);
}

/** `curl` with a body of JSON; a status of 400 or more is a failure. */
export const post = (url: string, body: object, headers: Record<string, string> = {}): Promise<void> =>
  runCommand('curl', [
    ...['--silent', '--show-error', '--fail', '--output', '/dev/null', '--request', 'POST'],
    ...Object.entries({ 'content-type': 'application/json', ...headers }).flatMap(([name, value]) => [
      '--header',
      `${name}: ${value}`,
    ]),
    ...['--data', JSON.stringify(body), url],
  ]);
