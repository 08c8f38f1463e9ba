import type { EventSource } from '../src/domain/event-source.ts';
import type { GatheredFile, NewDataProgress } from '../src/domain/new-data.ts';

const MOST_TOLD = 20;

export interface LateState {
  dueAtMs?: number;
  /** When somebody else began the newest run: what was written before, it has seen, whenever that is told. */
  coveredUntil?: string;
  reported: NewDataProgress['late'];
}

/** Files that came when the run had begun: they ask for another run, or are only told of. */
export class LateFiles {
  readonly #sources: EventSource[];
  readonly #state: LateState;

  constructor(sources: EventSource[], state: LateState = { reported: { count: 0, files: [] } }) {
    this.#sources = sources;
    this.#state = state;
  }

  /** Gives the file back if no run is to be started for it, and none has seen it. */
  add(file: GatheredFile, isInWindow: boolean): GatheredFile | undefined {
    if (this.#isCovered(file)) return undefined;
    const source = this.#sources[file.source];
    if (source?.late === 'rerun' && isInWindow) {
      this.#state.dueAtMs = Math.max(this.#state.dueAtMs ?? 0, Date.now() + source.lateSettleMs);
      return undefined;
    }
    const { reported } = this.#state;
    reported.count += 1;
    reported.files = [...reported.files, file.path].slice(-MOST_TOLD);
    return file;
  }

  #isCovered({ at }: GatheredFile): boolean {
    const { coveredUntil } = this.#state;
    return coveredUntil !== undefined && at !== undefined && Date.parse(at) <= Date.parse(coveredUntil);
  }

  /** When nothing more is likely to come; undefined while there is nothing to run for. */
  get dueAtMs(): number | undefined {
    return this.#state.dueAtMs;
  }

  get reported(): NewDataProgress['late'] {
    return this.#state.reported;
  }

  get state(): LateState {
    return this.#state;
  }

  /** A run that begins now sees them all; one that somebody else began at that time, what was written before it. */
  seenBy(startedAt?: string): void {
    delete this.#state.dueAtMs;
    delete this.#state.coveredUntil;
    if (startedAt !== undefined) this.#state.coveredUntil = startedAt;
  }
}
