/** What a statement of Hive, Spark or Presto asks for, as far as it is more than a query. */
export type Work =
  | { is: 'nothing' }
  | {
      is: 'table';
      name: string;
      columns: [name: string, type: string][];
      path: string;
      format: string;
      delimiter: string;
    }
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
/** A table over files that are there already: of Hive's forms those with plain columns and one folder. */
const TABLE = new RegExp(
  String.raw`^CREATE\s+(?:TEMPORARY\s+)?EXTERNAL\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?("(?:[^"]|"")+"|\w+)\s*\(([^)]*)\)(?:\s+ROW\s+FORMAT\s+DELIMITED\s+FIELDS\s+TERMINATED\s+BY\s+${STRING})?(?:\s+STORED\s+AS\s+(\w+))?\s+LOCATION\s+${STRING}$`,
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
  const table = TABLE.exec(statement);
  if (table) {
    const [, name = '', columns = '', delimiter = '\u0001', format = 'textfile', path = ''] = table;
    return {
      is: 'table',
      name,
      columns: columns.split(',').map(columnOf),
      path: unquoted(path),
      format: format.toLowerCase(),
      delimiter: unquoted(delimiter),
    };
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

function columnOf(text: string): [string, string] {
  const [name = '', type = ''] = text.trim().split(/\s+/);
  return [name.replaceAll('"', ''), type.toLowerCase() === 'string' ? 'varchar' : type];
}

function optionsOf(text: string): Record<string, string> {
  const pairs = text.matchAll(new RegExp(String.raw`"?([\w.]+)"?\s*=?\s*${STRING}`, 'g'));
  return Object.fromEntries(
    [...pairs].map(([, name = '', value = '']) => [name.toLowerCase(), unquoted(value)]),
  );
}

const unquoted = (text: string): string => text.replaceAll("''", "'");
