import type { Covers } from './definition.ts';
import { intervalForm } from './interval.ts';
import { below, literal, mayMeet, ofForm, withinName, type PathItem } from './path-overlap.ts';

/** What a path may capture. All but `interval` have one length, so that a key is read in one way only. */
export const CAPTURES = ['date', 'year', 'month', 'day', 'hour', 'week', 'interval'] as const;
export type Capture = (typeof CAPTURES)[number];
export type Captured = Partial<Record<Capture, string>>;

const FORM: Record<Exclude<Capture, 'interval'>, string> = {
  date: String.raw`\d{4}-\d{2}-\d{2}`,
  year: String.raw`\d{4}`,
  month: String.raw`\d{2}`,
  day: String.raw`\d{2}`,
  hour: String.raw`\d{2}`,
  week: String.raw`\d{4}-W\d{2}`,
};

const DATE: Capture[][] = [['date'], ['year', 'month', 'day']];

/** Which captures say which interval it is: all of one of the lists. */
const ENOUGH: Record<Covers, Capture[][]> = {
  hour: DATE.map((date) => [...date, 'hour']),
  day: DATE,
  week: [['week'], ...DATE],
  month: [['year', 'month'], ['date']],
  tick: [['interval']],
};

type Part = { text: string } | { capture: Capture } | { any: true };

/** The path of a source: a key with `{captures}` in it, and `*` for anything within a name. */
export class EventPath {
  readonly #parts: Part[];
  readonly #pattern: RegExp;
  readonly #items: PathItem[];

  /** An `Error` says what is wrong with it, and after a semicolon what to write instead. */
  constructor(path: string, covers: Covers) {
    checkForm(path);
    this.#parts = partsOf(path);
    checkCaptures(this.#parts, covers);
    checkNames(path);
    const form = (capture: Capture) => (capture === 'interval' ? intervalForm(covers) : FORM[capture]);
    const body = this.#parts.map((part) => {
      if ('text' in part) return part.text.replaceAll(/[\\^$.|+()[\]{}*?]/g, String.raw`\$&`);
      return 'any' in part ? '[^/]*' : `(?<${part.capture}>${form(part.capture)})`;
    });
    // A group's name may stand once, and further ones compare in `read`.
    const numbered = body.map((piece, at) => piece.replace(/^\(\?<(\w+)>/, `(?<$1_${at}>`));
    this.#pattern = new RegExp(`^${numbered.join('')}${path.endsWith('/') ? '(?<below>.+)' : ''}$`, 's');
    const items = this.#parts.flatMap((part) => {
      if ('text' in part) return literal(part.text);
      return 'any' in part ? [withinName] : ofForm(form(part.capture));
    });
    this.#items = path.endsWith('/') ? [...items, ...below] : items;
  }

  /** What a key has in the place of the captures, and what it has below the path, if that is a folder. */
  read(key: string): { captured: Captured; below: string } | undefined {
    const groups = this.#pattern.exec(key)?.groups;
    if (!groups) return undefined;
    const { below = '', ...found } = groups;
    const captured: Captured = {};
    for (const [group, value] of Object.entries(found)) {
      const capture = group.replace(/_\d+$/, '') as Capture;
      if (captured[capture] !== undefined && captured[capture] !== value) return undefined;
      captured[capture] = value;
    }
    return { captured, below };
  }

  /** Whether a key may fit another path too; what their captures say is not compared. */
  mayMeet(other: EventPath): boolean {
    return mayMeet(this.#items, other.#items);
  }
}

/** What all keys of a path begin with. */
export const fixedStart = (path: string): string => /^[^{*]*/.exec(path)?.[0] ?? '';

function checkForm(path: string): void {
  const shown = JSON.stringify(path);
  if (/^s3:|^\//.test(path))
    throw new Error(
      `${shown} is no key; write it as S3 has it, without the bucket and without a slash in front`,
    );
  if (/[{}]/.test(path.replaceAll(/\{\w+\}/g, '')))
    throw new Error(`${shown} has a brace that is no capture; write ${CAPTURES.map(braced).join(', ')}`);
}

function partsOf(path: string): Part[] {
  return path
    .split(/(\{\w+\}|\*)/)
    .filter((text) => text !== '')
    .map((text) => {
      if (text === '*') return { any: true };
      const [, name] = /^\{(\w+)\}$/.exec(text) ?? [];
      if (name === undefined) return { text };
      if (isCapture(name)) return { capture: name };
      throw new Error(`there is no capture {${name}}; write one of ${CAPTURES.map(braced).join(', ')}`);
    });
}

const isCapture = (name: string): name is Capture => (CAPTURES as readonly string[]).includes(name);
const braced = (name: string): string => `{${name}}`;

function checkCaptures(parts: Part[], covers: Covers): void {
  const found = new Set(parts.flatMap((part) => ('capture' in part ? [part.capture] : [])));
  for (const whole of ['interval', 'week'] as const) {
    if (found.has(whole) && found.size > 1)
      throw new Error(`{${whole}} says which interval it is; leave the other captures out, or write * there`);
  }
  if (found.has('interval')) return;
  if (ENOUGH[covers].some((captures) => captures.every((capture) => found.has(capture)))) return;
  const ways = [...ENOUGH[covers].filter(([first]) => first !== 'interval'), ['interval']];
  const words = ways.map((captures) => captures.map(braced).join(' and ')).join(', or ');
  throw new Error(`the path doesn't say which ${covers} the data is of; write ${words} into it`);
}

/** With one `*` in a name all else has its place, from the left or from the right; with two it may be here or there. */
function checkNames(path: string): void {
  if (path.includes('**')) throw new Error('** is unknown here; end the path with a slash to take all below');
  for (const name of path.split('/')) {
    if (name.includes('{') && name.split('*').length > 2)
      throw new Error(`a name may be read in several ways: ${name}; leave one * in a name with captures`);
  }
}
