const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|\$(?<tag>\w*)\$[^]*?\$\k<tag>\$|[;?]|[^'";?$/-]+|[^]/g;

/** The statements of a script, without the semicolons between them. */
export function splitSql(script: string): string[] {
  const statements = [''];
  for (const [token] of script.matchAll(TOKEN)) {
    if (token === ';') statements.push('');
    else statements.push((statements.pop() ?? '') + token);
  }
  const said = (statement: string) => statement.replace(/--[^\n]*|\/\*[^]*?\*\//g, '').trim() !== '';
  return statements.map((statement) => statement.trim()).filter(said);
}

/** A statement whose question marks are the database's own parameters. */
export function numbered(statement: string, name: (number: number) => string): string {
  let count = 0;
  return [...statement.matchAll(TOKEN)]
    .map(([token]) => (token === '?' ? name((count += 1)) : token))
    .join('');
}
