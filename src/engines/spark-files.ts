import { EtlError } from '../domain/failure.ts';
import { isFolder, isGlob } from '../domain/file-path.ts';

/** Where Spark finds the files of an input: all below `path`, whose folders are no columns. */
export interface SparkFiles {
  /** With Hadoop's own wildcards. */
  path: string;
  /** What a file's name has to match, in Hadoop's own wildcards. */
  names?: string;
  /** For LIKE: files that lie too deep, in a folder that the path matches as well. */
  tooDeep?: string;
}

/** In a glob of Hadoop's any further wildcards are literal in ours. */
const literal = (text: string): string => text.replaceAll(/[\\[\]{}]/g, '\\$&');

/** A visible character, and a visible name: Hadoop's `*` finds hidden folders too. */
const VISIBLE = '[^_.]';
const ANY = `${VISIBLE}*`;

/**
 * Says in Hadoop's wildcards, and by Spark's options, which files a path means: see src/domain/file-path.ts. What can't be
 * said so is `Rejected`. `what` names the input in errors.
 *
 * https://hadoop.apache.org/docs/r3.3.6/api/org/apache/hadoop/fs/FileSystem.html#globStatus-org.apache.hadoop.fs.Path-
 */
export function sparkFiles(what: string, path: string): SparkFiles {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  if (/^[_.]/.test(name)) {
    const fix = 'give the files names that begin otherwise, or name the folder that they are in';
    throw new EtlError(
      'Rejected',
      `${what}: Spark reads no file whose name begins with _ or . (${path}); ${fix}`,
    );
  }
  const across = parts.indexOf('**');
  const folders = across === -1 ? parts : parts.slice(0, across);
  if (parts.slice(folders.length).some((part) => part !== '**')) {
    const fix = 'write the folder alone, for all below it, or a name or * for each folder in place of **';
    throw new EtlError('Rejected', `${what}: Spark finds no folders by ** (${path}); ${fix}`);
  }
  const folder = folders.map(namePattern).join('/');
  if (isFolder(path) || across !== -1 || name === '**') {
    // A wildcard in a folder's place matches files too, but what is below them is nothing.
    const below = isGlob(folders.join('/')) ? `${folder}/${ANY}` : `${folder}/`;
    const isAny = name === '' || /^\*+$/.test(name);
    return { path: below, ...(!isAny && { names: namePattern(name) }) };
  }
  const whole = { path: `${folder}/${namePattern(name)}` };
  if (!isGlob(name)) return whole;
  // Spark tells of a file as scheme://host/path, also where the path given is /path.
  const slashes = folders.length + (/^\w+:/.test(path) ? 0 : 2);
  return { ...whole, tooDeep: `%${'/%'.repeat(slashes + 1)}` };
}

function namePattern(name: string): string {
  if (!/^[*?]/.test(name)) return literal(name);
  if (name.startsWith('?')) return VISIBLE + literal(name.slice(1));
  const rest = literal(name.replace(/^\*+/, ''));
  if (rest === '' || /^[_.]/.test(rest)) return ANY + rest;
  // The asterisk may stand for nothing, and what then comes first has to be visible too.
  return `{${rest.replace(/^\?/, VISIBLE)},${ANY}${rest}}`;
}
