#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, buildIsCurrent } from './build.mjs';
import { withLock } from './setup/lock.mjs';
import { installPackages, packagesAreCurrent } from './setup/packages.mjs';
import { findTools, toolsAreCurrent } from './setup/tools.mjs';

/*
 * Makes a fresh clone ready, with nothing but Node and Python 3 on the machine: npm's packages, the local servers,
 * the build. Everything goes into the clone. What is up to date is skipped, so that every command may start with it.
 * `--test` adds what only the tests need, `--spark` a Spark and a Livy (500 MB). Exit code 2 means that something indispensable can't be had.
 */

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const state = join(root, '.millrace');
const say = (text) => process.stderr.write(`set-up: ${text}\n`);

async function setup(asked) {
  const isCurrent = () => packagesAreCurrent(root) && toolsAreCurrent(state, asked) && buildIsCurrent(root);
  if (isCurrent()) return;
  await withLock(join(state, 'setup.lock'), () => install(asked), say);
}

async function install(asked) {
  const startedAt = Date.now();
  if (!packagesAreCurrent(root)) say('packages from npm …');
  const packages = packagesAreCurrent(root) ? Promise.resolve() : installPackages(root);
  if (!toolsAreCurrent(state, asked))
    say(
      `local servers: ${asked.forSpark ? 'Spark, Livy, ' : ''}Temporal, ministack (S3 and SQS), DuckDB’s httpfs …`,
    );
  const tools = toolsAreCurrent(state, asked) ? undefined : findTools(state, asked, packages, say);
  // Both are waited for even when one fails, so that nothing of it runs on after we are gone.
  const [first, second] = await Promise.allSettled([packages, tools]);
  for (const { reason } of [first, second].filter(({ status }) => status === 'rejected')) throw reason;

  if (!buildIsCurrent(root)) {
    say('build …');
    await build(root);
  }
  say(`done in ${Math.round((Date.now() - startedAt) / 1000)} s`);
}

function fail(text) {
  say(text);
  process.exitCode = 2;
}

const unknown = process.argv.slice(2).find((argument) => !['--test', '--spark'].includes(argument));
const [major, minor] = process.versions.node.split('.').map(Number);
if (unknown !== undefined) {
  fail(`unknown argument ${unknown}; there are --test and --spark`);
} else if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node 20.19 or newer is needed, this is ${process.version}; get it from https://nodejs.org`);
} else if (process.platform === 'win32') {
  fail('Windows is not supported; run this in WSL (https://learn.microsoft.com/windows/wsl)');
} else {
  const asked = {
    forTests: process.argv.includes('--test'),
    forSpark: process.argv.includes('--spark'),
    temporalIsGiven: Boolean(process.env.TEMPORAL_ADDRESS),
  };
  await setup(asked).catch((error) => fail(error.message));
}
