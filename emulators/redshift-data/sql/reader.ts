import { RedshiftError, syntaxErrorNear } from '../error.ts';
import { closing, stringValue, type Token } from './tokens.ts';

const CHARACTERS: Record<string, string> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  v: '\v',
  b: '\b',
  '\\': '\\',
};

/** Reads the tokens of COPY and UNLOAD one after the other, from the second on. */
export class Reader {
  readonly #tokens: readonly Token[];
  at = 1;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens.at(-1)?.text === ';' ? tokens.slice(0, -1) : tokens;
  }

  get next(): Token | undefined {
    return this.#tokens[this.at];
  }

  take(): Token {
    const token = this.#tokens[this.at++];
    if (!token) throw new RedshiftError('syntax error at end of input');
    return token;
  }

  expect(word: string): void {
    const token = this.take();
    if (token.word !== word && token.text !== word) throw syntaxErrorNear(token.text);
  }

  /** Takes the next word if it is one of these. */
  skip(...words: string[]): string | undefined {
    const word = this.next?.word;
    if (!word || !words.includes(word)) return undefined;
    this.at++;
    return word;
  }

  string(): string {
    return stringValue(this.#literal());
  }

  /** An option's string, where `\t` and `\001` are characters and any other backslash stands for itself, as in `'\N'`. */
  characters(): string {
    return this.#literal()
      .text.slice(1, -1)
      .replaceAll("''", "'")
      .replace(/\\([0-7]{1,3}|[tnrfvb\\])/g, (_, code: string) =>
        /^\d/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : CHARACTERS[code]!,
      );
  }

  number(): number {
    this.skip('as');
    const token = this.take();
    const number = Number(token.kind === 'string' ? stringValue(token) : token.text);
    if (!Number.isInteger(number) || number < 0) throw syntaxErrorNear(token.text);
    return number;
  }

  isString(): boolean {
    return this.next?.kind === 'string';
  }

  /** `ON`, `OFF`, `TRUE` or `FALSE` behind an option; on without one. */
  isOn(): boolean {
    return !['off', 'false'].includes(this.skip('on', 'off', 'true', 'false') ?? 'on');
  }

  /** Names in parentheses as they were written; none without parentheses. */
  names(): string[] {
    if (this.next?.text !== '(') return [];
    const close = closing(this.#tokens, this.at);
    const names = this.#tokens.slice(this.at + 1, close).filter(({ text }) => text !== ',');
    this.at = close + 1;
    return names.map(({ text }) => text);
  }

  /** A name that may have a schema, as it was written. */
  qualifiedName(): string {
    let name = this.take().text;
    while (this.next?.text === '.') name += this.take().text + this.take().text;
    return name;
  }

  #literal(): Token {
    this.skip('as');
    const token = this.take();
    if (token.kind !== 'string') throw syntaxErrorNear(token.text);
    return token;
  }
}
