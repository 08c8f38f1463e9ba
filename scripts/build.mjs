#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './setup/command.mjs';

/*
 * Compiles the sources into dist/ and bundles the workflows into dist/workflow-bundle.js. The stamp, a hash of all
 * that goes in, is removed first and written last, so an interrupted build is done again.
 */

const SOURCES = ['src', 'workflows', 'activities', 'emulators'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build.mjs'];

export function buildIsCurrent(root) {
  const stamp = stampOf(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOf(root);
}

/** Throws an error of one line, with the compiler's words after it. */
export async function build(root) {
  const hash = hashOf(root);
  rmSync(stampOf(root), { force: true });
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { ok, output } = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root });
  if (!ok) throw new Error(`the build failed:\n${output.trim()}`);
  removeStale(root);
  await bundle(root);
  await bundleLambda(root);
  writeFileSync(stampOf(root), hash);
}

async function bundle(root) {
  const workflowsPath = join(root, 'dist', 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) return;
  const { DefaultLogger, bundleWorkflowCode } = await import('@temporalio/worker');
  const logger = new DefaultLogger('WARN');
  const preloadModules = domainOf(dirname(workflowsPath));
  if (preloadModules.length === 0)
    throw new Error('no import of the domain was found in the compiled workflows');
  const { code } = await bundleWorkflowCode({ workflowsPath, logger, preloadModules });
  writeFileSync(join(root, 'dist', 'workflow-bundle.js'), code);
}

/**
 * What workflows take from the domain. It keeps nothing from run to run, and so do the libraries below it: evaluated
 * once, not once for every workflow.
 */
const domainOf = (workflows) => [
  ...new Set(
    filesBelow(workflows)
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/from "(\S+\/domain\/[^"]+)"/g)].map(([, path]) =>
          join(dirname(file), path),
        ),
      ),
  ),
];

/** The Lambda handler with all that it needs in one file. */
async function bundleLambda(root) {
  const entry = join(root, 'dist', 'src', 'lambda.js');
  if (!existsSync(entry)) return;
  const { build } = await import('esbuild');
  await build({
    entryPoints: [entry],
    outfile: join(root, 'dist', 'lambda.cjs'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
}

/** What was compiled from a source that is gone would still be found by an import. */
function removeStale(root) {
  const dist = join(root, 'dist');
  for (const file of filesBelow(dist).filter((name) => name.endsWith('.js'))) {
    const source = join(root, relative(dist, file).replace(/\.js$/, '.ts'));
    if (relative(dist, file) !== 'workflow-bundle.js' && !existsSync(source)) rmSync(file);
  }
}

function hashOf(root) {
  const hash = createHash('sha256');
  const files = [
    ...SOURCES.flatMap((folder) => filesBelow(join(root, folder))),
    ...SETTINGS.map((name) => join(root, name)),
  ];
  for (const file of files)
    hash
      .update(`${relative(root, file)}\n`)
      .update(readFileSync(file))
      .update('\n');
  return hash.digest('hex');
}

const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : [];

const stampOf = (root) => join(root, 'dist', 'stamp');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build(dirname(dirname(fileURLToPath(import.meta.url)))).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
