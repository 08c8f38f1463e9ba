export type Operator = '+' | '-' | '*' | '/' | '^';

export type Expression =
  | { kind: 'text'; text: string }
  | { kind: 'whole'; value: bigint }
  | { kind: 'decimal'; value: number }
  /** A parameter, a field, or a field of an object that a field refers to. */
  | { kind: 'path'; names: string[] }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'operation'; operator: Operator; left: Expression; right: Expression };

const TOKEN =
  /\s*(?:(?<decimal>\d+\.\d+)|(?<whole>\d+)|'(?<single>(?:[^'\\]|\\.)*)'|"(?<double>(?:[^"\\]|\\.)*)"|(?<name>[@*]?[A-Za-z_]\w*)|(?<mark>[-+*/^(),.]))/y;

type Token = Partial<Record<'decimal' | 'whole' | 'single' | 'double' | 'name' | 'mark', string>>;

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const end = source.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    // After an operand `*` multiplies; before one it may begin the name of a secret.
    const previous = tokens.at(-1);
    const operand = previous !== undefined && (previous.mark === undefined || previous.mark === ')');
    const star = operand ? /\s*\*/y : undefined;
    if (star) star.lastIndex = at;
    const match = star?.exec(source);
    if (match) {
      tokens.push({ mark: '*' });
      pattern.lastIndex = at + match[0].length;
      continue;
    }
    const found = pattern.exec(source);
    if (found?.groups === undefined) throw new Error(`#{${source}}: cannot read ${source.slice(at).trim()}`);
    tokens.push(found.groups);
  }
  return tokens;
}

/**
 * Reads what stands between `#{` and `}`. Throws what a person can mend.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-pipeline-expressions.html
 */
export function parse(source: string): Expression {
  const tokens = tokensOf(source);
  let at = 0;
  const fail = (): never => {
    const token = tokens[at];
    const found = token === undefined ? 'its end' : Object.values(token).find((text) => text !== undefined);
    throw new Error(`#{${source}}: ${found} is not expected`);
  };
  const take = (...marks: string[]): string | undefined => {
    const mark = tokens[at]?.mark;
    if (mark === undefined || !marks.includes(mark)) return undefined;
    at += 1;
    return mark;
  };
  const unescaped = (text: string) => text.replace(/\\(.)/g, '$1');

  const primary = (): Expression => {
    if (take('(')) {
      const inner = sum();
      return take(')') ? inner : fail();
    }
    if (take('-'))
      return { kind: 'operation', operator: '-', left: { kind: 'whole', value: 0n }, right: primary() };
    const { whole, decimal, single, double, name } = tokens[at] ?? {};
    const text = single ?? double;
    if (whole === undefined && decimal === undefined && text === undefined && name === undefined)
      return fail();
    at += 1;
    if (whole !== undefined) return { kind: 'whole', value: BigInt(whole) };
    if (decimal !== undefined) return { kind: 'decimal', value: Number(decimal) };
    if (text !== undefined) return { kind: 'text', text: unescaped(text) };
    return take('(') ? { kind: 'call', name: name ?? '', args: args() } : path(name ?? '');
  };
  const args = (): Expression[] => {
    if (take(')')) return [];
    const found = [sum()];
    while (take(',')) found.push(sum());
    if (!take(')')) fail();
    return found;
  };
  const path = (first: string): Expression => {
    const names = [first];
    while (take('.')) {
      const name = tokens[at]?.name;
      if (name === undefined) return fail();
      names.push(name);
      at += 1;
    }
    return { kind: 'path', names };
  };
  /** Operations of one rank, which group to the left. */
  const rank =
    (operand: () => Expression, ...operators: Operator[]) =>
    (): Expression => {
      let left = operand();
      for (let mark = take(...operators); mark !== undefined; mark = take(...operators))
        left = { kind: 'operation', operator: mark as Operator, left, right: operand() };
      return left;
    };
  const power = rank(primary, '^');
  const product = rank(power, '*', '/');
  const sum = rank(product, '+', '-');

  const expression = sum();
  return at === tokens.length ? expression : fail();
}
