import type { Covers } from './definition.ts';
import { EventPath, type Captured } from './event-path.ts';
import { folderOf } from './file-path.ts';

/** What new data of a pipeline looks like, and when there is enough of it to begin. */
export interface EventSource {
  bucket: string;
  /** What all keys begin with. */
  prefix: string;
  /** The key with captures in it: `flights/dt={date}/`. */
  path: string;
  /** How long nothing new must have come. */
  settleMs: number;
  /** The same for files that come late. */
  lateSettleMs: number;
  /** How many files there must be. */
  count?: number;
  /** The name of a file beside the others that says that they are all there. */
  marker?: string;
  /** What becomes of files that come when a run has begun. */
  late: 'rerun' | 'report';
  /** How long after the end of the first run. */
  lateWindowMs: number;
}

/** What a key is to a source: `hidden` files are those that others leave out too (`_x`, `.x`, folders). */
export interface Sighting {
  kind: 'data' | 'marker' | 'hidden';
  captured: Captured;
}

/** Knows the files of a source by their keys. */
export class SourceMatcher {
  readonly #source: EventSource;
  readonly #data: EventPath;
  readonly #marker: EventPath | undefined;

  /** An `Error` says what is wrong with the path. */
  constructor(source: EventSource, covers: Covers) {
    this.#source = source;
    this.#data = new EventPath(source.path, covers);
    this.#marker =
      source.marker === undefined ? undefined : new EventPath(folderOf(source.path) + source.marker, covers);
  }

  sight(bucket: string, key: string): Sighting | undefined {
    if (bucket !== this.#source.bucket || !key.startsWith(this.#source.prefix)) return undefined;
    const marker = this.#marker?.read(key);
    if (marker) return { kind: 'marker', captured: marker.captured };
    const data = this.#data.read(key);
    if (!data) return undefined;
    const isHidden = data.below.split('/').some((name) => name === '' || /^[_.]/.test(name));
    return { kind: data.below !== '' && isHidden ? 'hidden' : 'data', captured: data.captured };
  }

  /** Whether a file may be data or the marker of both. */
  mayMeet(other: SourceMatcher): boolean {
    if (this.#source.bucket !== other.#source.bucket) return false;
    return this.#paths.some((path) => other.#paths.some((of) => path.mayMeet(of)));
  }

  get #paths(): EventPath[] {
    return this.#marker ? [this.#data, this.#marker] : [this.#data];
  }
}
