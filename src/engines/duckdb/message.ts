const PREFIX = /^(Binder|Catalog|Parser|Invalid Input|Conversion|IO|HTTP|Permission|Out of Memory) Error: /;
const COLUMN = /^Referenced column "(.+?)" not found in FROM clause!(?: Candidate bindings: (.+))?$/s;
/** DuckDB's message in one line, without its drawing of the query. */
export function oneLine(message: string): string {
  const [words = ''] = message.split(/\n+LINE \d+:|\n+Possible solutions:|\n+See also /);
  const line = words.replaceAll(/\s+/g, ' ').trim();
  const [, kind] = PREFIX.exec(line) ?? [];
  const bare = line.replace(PREFIX, '');
  const [, column, candidates] = COLUMN.exec(bare) ?? [];
  if (column !== undefined) {
    return `column "${column}" not found${candidates === undefined ? '' : `; candidates: ${candidates}`}`;
  }
  if (kind === 'Out of Memory')
    return `out of memory: ${bare}; give the engine more \`memory\` or fewer \`threads\``;
  return bare;
}
