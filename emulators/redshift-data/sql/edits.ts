import type { Token } from './tokens.ts';

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** Changes to a statement's text, noted by token and made all at once, so that what lies between stays as it was. */
export class Edits {
  readonly #tokens: readonly Token[];
  readonly #edits: Edit[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Replaces the tokens `from` to `to`, both included. */
  replace(from: number, to: number, text: string): void {
    this.#edits.push({ start: this.#tokens[from]!.start, end: this.#tokens[to]!.end, text });
  }

  remove(from: number, to: number): void {
    this.replace(from, to, '');
  }

  insertAfter(at: number, text: string): void {
    const { end } = this.#tokens[at]!;
    this.#edits.push({ start: end, end, text });
  }

  insertBefore(at: number, text: string): void {
    const { start } = this.#tokens[at]!;
    this.#edits.push({ start, end: start, text });
  }

  apply(sql: string): string {
    let result = '';
    let at = 0;
    for (const edit of this.#edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      result += sql.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return result + sql.slice(at);
  }
}
