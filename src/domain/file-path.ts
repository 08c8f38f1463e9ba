/*
 * What a path means: a folder (`s3://lake/routes/`), a glob (`*`, `?` within a name, `**` across folders) or one file.
 * Names that start with `_` or `.` are hidden, unless the path spells that first character out.
 */

export const isS3Path = (path: string): boolean => path.startsWith('s3://');

export const isFolder = (path: string): boolean => path.endsWith('/');

export const isGlob = (path: string): boolean => /[*?]/.test(path);

/** What a path begins with before any wildcard: what a listing can be narrowed to. */
export const literalPrefix = (path: string): string => /^[^*?]*/.exec(path)?.[0] ?? '';

/** The folder part of a path, with its last slash. */
export const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

/** Takes `s3://bucket/key` apart; `undefined` for anything else. */
export function parseS3Path(path: string): { bucket: string; key: string } | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(path) ?? [];
  return bucket === undefined ? undefined : { bucket, key: key ?? '' };
}

/** Whether a path climbs (`a/../b`), however it is encoded: such a path can leave what it seems to name. */
export function climbs(path: string): boolean {
  const decoded = path.replaceAll(/%2e/gi, '.').replaceAll(/%2f/gi, '/').replaceAll(/%5c/gi, '\\');
  return decoded.split(/[/\\]/).includes('..');
}

/** Tells which full paths a path stands for. */
export function pathMatcher(path: string): (candidate: string) => boolean {
  if (!isFolder(path) && !isGlob(path)) return (candidate) => candidate === path;
  const fixed = folderOf(literalPrefix(path));
  const names = path.slice(fixed.length).split('/');
  if (isFolder(path)) names[names.length - 1] = '**';
  const pattern = new RegExp(`^${names.map(namePattern).join('')}$`, 's');
  return (candidate) => candidate.startsWith(fixed) && pattern.test(candidate.slice(fixed.length));
}

function namePattern(name: string, index: number, names: string[]): string {
  const isLast = index === names.length - 1;
  if (name === '**') return `(?:[^/_.][^/]*/)*${isLast ? '[^/_.][^/]*' : ''}`;
  const visible = /^[*?]/.test(name) ? '(?![_.])(?=[^/])' : '';
  const body = name.replaceAll(/[\\^$.|+()[\]{}*?]/g, (char) =>
    char === '*' ? '[^/]*' : char === '?' ? '[^/]' : `\\${char}`,
  );
  return visible + body + (isLast ? '' : '/');
}
