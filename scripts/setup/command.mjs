import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Runs a program to its end and keeps what it says; never throws.
 * @returns {Promise<{ ok: boolean, output: string }>} `output` has stdout and stderr as they came
 */
export const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });

const NETWORK = /NewConnectionError|ConnectTimeout|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ECONNRESET/;
const TELLING = /^(ERROR:|Error:|npm error (?!code|errno|syscall|type|path|dest|A complete|$))/;

export const UNREACHABLE = 'the package registry cannot be reached';

/** Why npm or pip failed, in the line of its output that says it best. */
export function reason(output) {
  if (NETWORK.test(output)) return UNREACHABLE;
  if (output.includes('(from versions: none)')) return 'the registry has no such package for this machine';
  const lines = output.split('\n').map((line) => line.trim());
  const line =
    lines.find((one) => TELLING.test(one)) ?? lines.findLast((one) => one !== '') ?? 'it said nothing';
  return line.replace(/^(ERROR:|Error:|npm error) /, '');
}

/** The first executable file of that name on the PATH, or null. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, name);
    if (folder !== '' && isExecutable(file)) return file;
  }
  return null;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
