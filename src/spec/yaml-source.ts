import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, Pair, ParsedNode } from 'yaml';
import type { Place } from './problem.ts';
import { sourceOffset } from './scalar-offset.ts';

export type Path = readonly (string | number)[];

/** A YAML text, its value, and where in the text each part of the value stands. */
export class YamlSource {
  readonly file: string;
  readonly text: string;
  readonly document: Document.Parsed;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    this.document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
  }

  placeAt(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.file, line, column: col };
  }

  /** Where a value starts, or, for one that isn't written, the part that it would stand in. */
  place(path: Path): Place {
    const node = this.#node(path);
    if (node?.range && !(isScalar(node) && node.value === null)) return this.placeAt(node.range[0]);
    const key = this.#pair(path)?.key;
    if (key?.range) return this.placeAt(key.range[0]);
    return path.length === 0 ? this.placeAt(0) : this.place(path.slice(0, -1));
  }

  /** Where a field's name stands. */
  placeOfKey(path: Path): Place {
    const key = this.#pair(path)?.key;
    return key?.range ? this.placeAt(key.range[0]) : this.place(path);
  }

  /** Where a character of a text stands, counted in its value. */
  placeIn(path: Path, offset: number): Place {
    const node = this.#node(path);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return this.place(path);
    return this.placeAt(sourceOffset(this.text, node, offset));
  }

  #pair(path: Path): Pair<ParsedNode, ParsedNode | null> | undefined {
    const parent = this.#node(path.slice(0, -1));
    if (path.length === 0 || !isMap<ParsedNode, ParsedNode | null>(parent)) return undefined;
    return parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(path.at(-1)));
  }

  #node(path: Path): Node | null | undefined {
    if (path.length === 0) return this.document.contents;
    const parent = this.#node(path.slice(0, -1));
    const child = isSeq<ParsedNode>(parent) ? parent.items[Number(path.at(-1))] : this.#pair(path)?.value;
    return isAlias(child) ? child.resolve(this.document) : child;
  }
}
