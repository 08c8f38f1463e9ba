import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UNREACHABLE, reason, run } from './command.mjs';

/*
 * The Python environment under .millrace/python. Its stamp lists the packages that are in it and is written last:
 * an environment without one, or one that was moved or lost its Python, is made again.
 */

/** The packages that are installed, as `name==version`; undefined where there is no usable environment. */
export function installedPins(folder) {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, 'stamp.json'), 'utf8'));
    return stamp.folder === folder && existsSync(join(folder, 'bin', 'python')) ? stamp.pins : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Installs packages, all at once, or one by one when that fails, so that one which can't be had leaves the others.
 * @param {{ pin: string, alone?: boolean }[]} wanted `alone`: without its dependencies
 * @returns {Promise<{ pin: string, why: string }[]>} those that can't be had
 */
export async function installPins(folder, wanted) {
  const made = await makeEnvironment(folder);
  if (made !== undefined) return wanted.map(({ pin }) => ({ pin, why: made }));

  const failed = [];
  const groups = [wanted.filter(({ alone }) => !alone), wanted.filter(({ alone }) => alone)];
  for (const group of groups.filter(({ length }) => length > 0)) {
    const problem = await pip(folder, group);
    if (problem === undefined) continue;
    for (const one of group) {
      // Without a network each try takes half a minute, and tells nothing new.
      const why = group.length === 1 || problem === UNREACHABLE ? problem : await pip(folder, [one]);
      if (why !== undefined) failed.push({ pin: one.pin, why });
    }
  }
  const done = wanted.map(({ pin }) => pin).filter((pin) => !failed.some((one) => one.pin === pin));
  const nameOf = (pin) => pin.split('==')[0];
  const kept = (installedPins(folder) ?? []).filter(
    (pin) => !done.some((one) => nameOf(one) === nameOf(pin)),
  );
  writeFileSync(join(folder, 'stamp.json'), JSON.stringify({ folder, pins: [...kept, ...done] }));
  return failed;
}

/** A file of a package, below its site-packages folder. */
export function packageFile(folder, path) {
  const lib = join(folder, 'lib');
  const versions = existsSync(lib) ? readdirSync(lib) : [];
  return versions.map((version) => join(lib, version, 'site-packages', path)).find(existsSync) ?? null;
}

/** Says why it can't be made. */
async function makeEnvironment(folder) {
  if (installedPins(folder) !== undefined) return undefined;
  const version = await run('python3', ['-c', 'import sys; print(*sys.version_info[:2])']);
  if (!version.ok) return 'there is no working python3 on the PATH; install Python 3.10 or newer';
  const [major, minor] = version.output.split(' ').map(Number);
  if (major < 3 || minor < 10) return `python3 is Python ${major}.${minor}; install 3.10 or newer`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  const { ok, output } = await run('python3', ['-m', 'venv', folder]);
  if (ok) return undefined;
  return /ensurepip/.test(output)
    ? 'python3 lacks its module venv; install it (Debian, Ubuntu: apt install python3-venv)'
    : `python3 -m venv failed: ${reason(output)}`;
}

/** Says why it failed. Bytecode is left to the first start: compiling all of it takes longer than the rest. */
async function pip(folder, group) {
  const args = [
    '-m',
    'pip',
    'install',
    '-q',
    '--disable-pip-version-check',
    '--no-input',
    '--prefer-binary',
    '--no-compile',
  ];
  if (group[0].alone) args.push('--no-deps');
  const { ok, output } = await run(join(folder, 'bin', 'python'), [...args, ...group.map(({ pin }) => pin)]);
  return ok ? undefined : reason(output);
}
