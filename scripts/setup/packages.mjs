import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { reason, run } from './command.mjs';

/** Whether node_modules holds what package-lock.json says, and our own command. */
export const packagesAreCurrent = (root) => modulesAreCurrent(root) && existsSync(binLink(root));

/** Installs what is missing; throws an error of one line. */
export async function installPackages(root) {
  if (!modulesAreCurrent(root)) {
    const cli = process.env.npm_execpath;
    const [command, ...first] = cli?.endsWith('npm-cli.js') ? [process.execPath, cli] : ['npm'];
    // Nothing we use needs an install script, so none is run, whatever npm's own settings say.
    const options = [
      '--ignore-scripts',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    const { ok, output } = await run(command, [...first, 'ci', ...options], { cwd: root });
    if (!ok) {
      throw new Error(
        `npm ci failed: ${reason(output)}. Check the network and npm's registry, then run this again`,
      );
    }
  }
  linkBin(root);
}

/**
 * npm writes its record of what it installed last of all, so an interrupted `npm ci` leaves none, and after an
 * `npm install` by hand there is nothing to do.
 */
function modulesAreCurrent(root) {
  const locked = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined || locked === undefined) return false;
  const isThere = ([path, { version, optional, devOptional }]) =>
    path === '' ||
    (installed[path] === undefined ? optional || devOptional : installed[path].version === version);
  return Object.entries(locked).every(isThere) && Object.keys(installed).every((path) => path in locked);
}

/** npm links the commands of dependencies only: this makes `npx millrace` work in the clone itself. */
function linkBin(root) {
  const link = binLink(root);
  mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
  if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync('../../bin/millrace.js', link);
  chmodSync(join(root, 'bin', 'millrace.js'), 0o755);
}

const binLink = (root) => join(root, 'node_modules', '.bin', 'millrace');

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
