import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath, reason, run } from './command.mjs';

/*
 * Jars from Maven Central. Maven resolves `maven/NAME.xml`; what it brings must be, byte by byte, what `maven/NAME.sha256`
 * lists. They go to a folder that has a part of that list's hash in its name, so that another list is another folder.
 */

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
const HERE = fileURLToPath(new URL('./maven/', import.meta.url));

/** The folder that the jars of that name are in, once they are installed. */
export const jarsFolder = (state, name) =>
  join(state, 'jars', `${name}-${sha256(readFileSync(join(HERE, `${name}.sha256`))).slice(0, 12)}`);

/** Installs them and returns their folder; throws an error of one line. */
export async function installJars(state, name) {
  const folder = jarsFolder(state, name);
  if (existsSync(folder)) return folder;
  const maven = onPath('mvn');
  if (maven === null)
    throw new Error('there is no mvn on the PATH; install Maven (Debian, Ubuntu: apt install maven)');
  mkdirSync(join(state, 'jars'), { recursive: true });
  const draft = mkdtempSync(join(state, 'jars', '.new-'));
  const repository = join(state, 'jars', '.maven');
  try {
    const { ok, output } = await run(maven, [
      '--batch-mode',
      '--quiet',
      '--strict-checksums',
      `-Dmaven.repo.local=${repository}`,
      '--file',
      join(HERE, `${name}.xml`),
      COPY,
      `-DoutputDirectory=${draft}`,
      '-DincludeScope=runtime',
    ]);
    if (!ok) throw new Error(`mvn failed: ${reason(output.replaceAll(/^\[ERROR\] /gm, 'ERROR: '))}`);
    check(draft, name);
    renameSync(draft, folder);
    return folder;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    rmSync(repository, { recursive: true, force: true });
  }
}

function check(folder, name) {
  const lines = readFileSync(join(HERE, `${name}.sha256`), 'utf8')
    .trim()
    .split('\n');
  const listed = new Map(lines.map((line) => line.split(/\s+/).reverse()));
  const found = readdirSync(folder);
  const wrong = [
    ...found.filter((file) => listed.get(file) !== sha256(readFileSync(join(folder, file)))),
    ...[...listed.keys()].filter((file) => !found.includes(file)),
  ];
  if (wrong.length > 0)
    throw new Error(`${wrong.length} jars are not those of scripts/setup/maven/${name}.sha256: ${wrong[0]}`);
}

const sha256 = (content) => createHash('sha256').update(content).digest('hex');
