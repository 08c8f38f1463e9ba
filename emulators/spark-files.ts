/** What Spark reads at a path. */
export interface SparkFiles {
  files: string[];
  /** Whether folders below the path, like `day=2001-01-05`, are columns. */
  hasFolderColumns: boolean;
  /** Such folders above, which are none. */
  foldersAbove: string[];
}

/** What DuckDB selects of such files, and how it is told of the columns. */
export function inDuckdb({ hasFolderColumns, foldersAbove }: Omit<SparkFiles, 'files'>) {
  const names = foldersAbove.map((name) => `"${name}"`).join(', ');
  return {
    columns: hasFolderColumns && names !== '' ? `* EXCLUDE (${names})` : '*',
    partitioning: `hive_partitioning = ${hasFolderColumns}`,
  };
}

/** The options of a source that say which files it is. */
export type SourceOptions = Readonly<Record<string, string>>;

/** A view of those rows of another one whose file isn't like a pattern. */
const OF_FILES =
  /^CREATE\s+OR\s+REPLACE\s+TEMP(?:ORARY)?\s+VIEW\s+(["`]?\w+["`]?)\s+AS\s+SELECT\s+\*\s+FROM\s+(["`]?\w+["`]?)\s+WHERE\s+input_file_name\(\)\s+NOT\s+LIKE\s+'([^']*)'$/i;

/** Reads a view that leaves out rows by the name of their file. */
export function viewOfFiles(
  statement: string,
): { name: string; of: string; keeps: (file: string) => boolean } | undefined {
  const [, name, of, like] = OF_FILES.exec(statement) ?? [];
  if (name === undefined || of === undefined || like === undefined) return undefined;
  const pattern = new RegExp(`^${like.split('%').map(escaped).join('.*')}$`, 's');
  return { name, of, keeps: (file) => !pattern.test(file.replace(/^\//, 'file:///')) };
}

/** What is to be listed to find all that a path with wildcards may match. */
export const listable = (path: string): string => {
  const fixed = /^[^*?[\]{}\\]*/.exec(path)?.[0] ?? '';
  return fixed.slice(0, fixed.lastIndexOf('/') + 1);
};

/**
 * Of files the visible ones that Spark reads at a path: those directly in the folders that it matches, or all below, where
 * `recursiveFileLookup` says so or folders are columns.
 *
 * https://spark.apache.org/docs/3.5.9/sql-data-sources-generic-options.html
 */
export function sparkFiles(all: readonly string[], path: string, options: SourceOptions): SparkFiles {
  const isRecursive = options['recursivefilelookup'] === 'true';
  const root = new RegExp(`^${globPattern(path.replace(/\/+$/, ''))}$`, 's');
  const name = new RegExp(`^${globPattern(options['pathglobfilter'] ?? '*')}$`, 's');
  const found = all.flatMap((file) => {
    const parts = file.split('/');
    const depth = parts.findIndex((_, index) => root.test(parts.slice(0, index + 1).join('/')));
    if (depth === -1) return [];
    const below = parts.slice(depth + 1);
    const visible = (below.length === 0 ? parts.slice(-1) : below).every((part) => !/^[_.]/.test(part));
    return visible && name.test(parts.at(-1) ?? '')
      ? [{ file, below, above: parts.slice(0, depth + 1) }]
      : [];
  });
  const hasFolderColumns =
    !isRecursive && found.some(({ below }) => below.slice(0, -1).some((part) => part.includes('=')));
  const isRead = ({ below }: { below: string[] }) => isRecursive || hasFolderColumns || below.length <= 1;
  const above = found.flatMap((each) => each.above).filter((part) => /^\w+=/.test(part));
  return {
    files: found.filter(isRead).map(({ file }) => file),
    hasFolderColumns,
    foldersAbove: [...new Set(above.map((part) => part.slice(0, part.indexOf('='))))],
  };
}

const escaped = (text: string): string => text.replaceAll(/[\\^$.|+()[\]{}*?]/g, String.raw`\$&`);

/** A glob of Hadoop's as a regular expression. */
function globPattern(glob: string): string {
  let depth = 0;
  return glob.replaceAll(/\\[\s\S]|\[\^?[^\]]+\]|[\s\S]/g, (piece) => {
    if (piece.length > 1) return piece.startsWith('\\') ? escaped(piece.slice(1)) : piece.replace('^', '^/');
    if (piece === '{') depth += 1;
    if (piece === '}') depth -= 1;
    if (piece === ',') return depth > 0 ? '|' : ',';
    return { '*': '[^/]*', '?': '[^/]', '{': '(?:', '}': ')' }[piece] ?? escaped(piece);
  });
}
