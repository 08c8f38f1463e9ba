#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reason, run } from './setup/command.mjs';

/*
 * Prints the path of a Node 24, for a second run of the tests: of this one if it is one, else of the one that npm's
 * package for this machine brings, which is installed into .millrace/node24 once.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, '.millrace', 'node24');
// What npm's `node@24` would install by a script of its own, which this clone does not run.
const name = `node-${process.platform}-${process.arch}`;
const node = join(folder, 'node_modules', name, 'bin', 'node');

if (process.versions.node.startsWith('24.')) {
  process.stdout.write(`${process.execPath}\n`);
} else if (existsSync(node) || (await install())) {
  process.stdout.write(`${node}\n`);
}

async function install() {
  const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { ok, output } = await run('npm', ['install', '--prefix', folder, ...options, `${name}@24`]);
  if (ok && existsSync(node)) return true;
  const why = ok ? `the package ${name} has no bin/node` : reason(output);
  process.stderr.write(`no Node 24: ${why}. Run this with a Node 24 of your own instead\n`);
  process.exitCode = 2;
  return false;
}
