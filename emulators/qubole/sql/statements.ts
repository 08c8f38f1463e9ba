/** How a dialect writes strings and names. */
export interface Quoting {
  /** Characters around a string, in which a backslash escapes. */
  strings: string;
  backslash: boolean;
}

const SPARK: Quoting = { strings: `'"`, backslash: true };
const STANDARD: Quoting = { strings: `'`, backslash: false };

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', 0: '\0', b: '\b', Z: '\u001A' };

/** The statements of a script, with strings, names and comments as DuckDB writes them. */
export function statements(sql: string, dialect: string): string[] {
  const { strings, backslash } = dialect === 'presto' ? STANDARD : SPARK;
  const found: string[] = [];
  let statement = '';
  let at = 0;
  const quotedFrom = (quote: string, escapes: boolean): string => {
    let value = '';
    for (at += 1; at < sql.length; at += 1) {
      const character = sql[at] as string;
      if (escapes && character === '\\' && at + 1 < sql.length) {
        at += 1;
        const escaped = sql[at] as string;
        value += ESCAPES[escaped] ?? escaped;
      } else if (character === quote) {
        if (sql[at + 1] !== quote) break;
        at += 1;
        value += quote;
      } else value += character;
    }
    at += 1;
    return value;
  };
  while (at < sql.length) {
    const character = sql[at] as string;
    if (sql.startsWith('--', at)) {
      const end = sql.indexOf('\n', at);
      at = end === -1 ? sql.length : end;
    } else if (sql.startsWith('/*', at)) {
      const end = sql.indexOf('*/', at + 2);
      at = end === -1 ? sql.length : end + 2;
      statement += ' ';
    } else if (strings.includes(character)) {
      statement += `'${quotedFrom(character, backslash).replaceAll("'", "''")}'`;
    } else if (character === '`' || character === '"') {
      statement += `"${quotedFrom(character, false).replaceAll('"', '""')}"`;
    } else if (character === ';') {
      found.push(statement);
      statement = '';
      at += 1;
    } else {
      statement += character;
      at += 1;
    }
  }
  return [...found, statement].map((text) => text.trim()).filter((text) => text !== '');
}
