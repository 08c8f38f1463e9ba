import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment } from './environment.ts';
import { findConfig, loadConfig, type Config } from './spec/load-config.ts';
import type { Problem } from './spec/problem.ts';

export { completeEnvironment, environment, type Environment } from './environment.ts';

/** A configuration, and where it is: relative paths in it begin there. */
export interface Configuration extends Config {
  folder: string;
  file: string;
}

/** The programs and files that set-up found. */
export interface Tools {
  temporal: string | null;
  ministack: string | null;
  httpfs: string | null;
  /** Folders of jars: Livy's, and what Spark reads S3 with. */
  livy: string | null;
  s3a: string | null;
  /** Spark's home. */
  spark: string | null;
}

/** The clone or the installed package: where `package.json` is. */
export const packageRoot = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(resolve(folder, 'package.json'))) folder = dirname(folder);
  return folder;
};

/** The configuration file: by the flag, else `MILLRACE_CONFIG`, else the nearest `millrace.yaml` upward. */
export const configFile = (flag?: string): string | undefined => {
  const named = flag ?? environment['MILLRACE_CONFIG'];
  return named === undefined ? findConfig(process.cwd()) : resolve(named);
};

/** The folder of the configuration, or the current one without. */
export const configFolder = (flag?: string): string => {
  const file = configFile(flag);
  return file === undefined ? process.cwd() : dirname(file);
};

/** Reads the configuration; `{ problems: [] }` alone means that there is none. */
export async function loadConfiguration(
  flag?: string,
): Promise<{ configuration?: Configuration; problems: Problem[] }> {
  const file = configFile(flag);
  if (file === undefined) return { problems: [] };
  const { config, problems } = await loadConfig(file);
  if (!config) return { problems };
  return { configuration: { ...config, file, folder: dirname(file) }, problems: [] };
}

/** What set-up found; nothing where it never ran, as in an image that has all it needs elsewhere. */
export function foundTools(): Tools {
  const none = { temporal: null, ministack: null, httpfs: null, livy: null, s3a: null, spark: null };
  try {
    const found = readFileSync(resolve(packageRoot(), '.millrace/tools.json'), 'utf8');
    return { ...none, ...(JSON.parse(found) as Partial<Tools>) };
  } catch {
    return none;
  }
}
