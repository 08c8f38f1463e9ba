/** What a statement of Hive, Spark or Presto asks for, as far as it is more than a query. */
export type Work =
  | { is: 'nothing' }
  | { is: 'view'; name: string; format: string; options: Record<string, string> }
  | { is: 'directory'; path: string; format: string; options: Record<string, string>; query: string }
  | { is: 'statement'; sql: string };

const STRING = `'((?:[^']|'')*)'`;
const OPTIONS = String.raw`OPTIONS\s*\(((?:[^')]|'(?:[^']|'')*')*)\)`;

const VIEW = new RegExp(
  String.raw`^CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+)?TEMP(?:ORARY)?\s+VIEW\s+("(?:[^"]|"")+"|\w+)\s+USING\s+(\w+)(?:\s+${OPTIONS})?$`,
  'is',
);
const DIRECTORY = new RegExp(
  String.raw`^INSERT\s+OVERWRITE\s+(?:LOCAL\s+)?DIRECTORY\s+${STRING}\s*(?:USING\s+(\w+)(?:\s+${OPTIONS})?|STORED\s+AS\s+(\w+)|ROW\s+FORMAT\s+DELIMITED\s+FIELDS\s+TERMINATED\s+BY\s+${STRING})?\s*((?:SELECT|WITH|FROM|VALUES|TABLE|\().*)$`,
  'is',
);
/** Settings of an engine that isn't there. */
const SETTING = /^(?:SET\b|USE\s|ADD\s+(?:JAR|FILE)\s|(?:UN)?CACHE\s|REFRESH\s|MSCK\s)/i;

/** Reads a statement whose strings and names are as DuckDB writes them. */
export function translate(statement: string): Work {
  if (SETTING.test(statement)) return { is: 'nothing' };
  const view = VIEW.exec(statement);
  if (view) {
    const [, name = '', format = '', options = ''] = view;
    return { is: 'view', name, format: format.toLowerCase(), options: optionsOf(options) };
  }
  const directory = DIRECTORY.exec(statement);
  if (directory) {
    const [, path = '', using, options = '', stored, delimiter, query = ''] = directory;
    const format = (using ?? stored ?? 'textfile').toLowerCase();
    const own = delimiter === undefined ? {} : { delimiter: unquoted(delimiter) };
    return {
      is: 'directory',
      path: unquoted(path),
      format,
      options: { ...optionsOf(options), ...own },
      query,
    };
  }
  return { is: 'statement', sql: statement };
}

function optionsOf(text: string): Record<string, string> {
  const pairs = text.matchAll(new RegExp(String.raw`"?([\w.]+)"?\s*=?\s*${STRING}`, 'g'));
  return Object.fromEntries(
    [...pairs].map(([, name = '', value = '']) => [name.toLowerCase(), unquoted(value)]),
  );
}

const unquoted = (text: string): string => text.replaceAll("''", "'");
