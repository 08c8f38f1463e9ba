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

/** The line of a program's output that says best why it failed. */
export function reason(output) {
  const lines = output.split('\n').map((line) => line.trim());
  const last = lines.findLast((line) => line !== '') ?? 'it said nothing';
  return (
    lines.find((line) => /^(npm error|ERROR:|Error:)/.test(line) && !/^npm error code/.test(line)) ?? last
  );
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
