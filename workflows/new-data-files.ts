import { workflowInfo } from '@temporalio/workflow';
import type { ArrivedFile } from '../src/domain/arrived-file.ts';
import type { Captured } from '../src/domain/event-path.ts';
import { SourceMatcher } from '../src/domain/event-source.ts';
import { parseS3Path } from '../src/domain/file-path.ts';
import { countsOf, gather } from '../src/domain/gather.ts';
import { isNamed } from '../src/domain/interval-captures.ts';
import type { GatheredFile, NewDataPlan } from '../src/domain/new-data.ts';
import type { Trigger } from '../src/domain/run.ts';
import { brief } from './activities.ts';

/** More would make a history heavy; they go into the store. */
const MOST_FILES = 1_000;
/** So many are gathered at once, for the size of a payload. */
const MOST_AT_ONCE = 2_000;

/** What one run of the workflow hands to the next. */
export interface FilesState {
  /** While they are few. */
  known: GatheredFile[];
  /** How many requests have put files into the store; 0 while they are few. */
  stored: number;
  counts: number[];
  /** For each source, whether its marker has come. */
  markers: (GatheredFile | null)[];
  duplicates: number;
  unmatched: number;
}

/** The files of an interval, each counted once: in memory while they are few, else in the store. */
export class NewDataFiles {
  readonly #plan: NewDataPlan;
  readonly #matchers: SourceMatcher[];
  readonly #known: Map<string, GatheredFile>;
  readonly #state: Omit<FilesState, 'known'>;

  constructor(plan: NewDataPlan, state?: FilesState) {
    this.#plan = plan;
    this.#matchers = plan.sources.map((source) => new SourceMatcher(source, plan.covers));
    const { known = [], ...rest } = state ?? {};
    this.#known = new Map(known.map((file) => [file.path, file]));
    this.#state = {
      stored: 0,
      counts: plan.sources.map(() => 0),
      markers: plan.sources.map(() => null),
      duplicates: 0,
      unmatched: 0,
      ...rest,
    };
  }

  get state(): FilesState {
    return { ...this.#state, known: [...this.#known.values()] };
  }

  get total(): number {
    return this.#state.counts.reduce((sum, count) => sum + count, 0);
  }

  count(source: number): number {
    return this.#state.counts[source] ?? 0;
  }

  hasMarker(source: number): boolean {
    return this.#state.markers[source] != null;
  }

  /** Those of a source that were written after that time, as far as they are in memory. */
  since(source: number, time: string): GatheredFile[] {
    return [...this.#known.values()].filter(
      (file) => file.source === source && Date.parse(file.at ?? '') > Date.parse(time),
    );
  }

  addUnreadable(count: number): void {
    this.#state.unmatched += count;
  }

  /** Takes what has come; gives what of it is new data, and the markers that are new. */
  async take(arrived: readonly ArrivedFile[]): Promise<{ data: GatheredFile[]; markers: GatheredFile[] }> {
    const data: GatheredFile[] = [];
    const markers: GatheredFile[] = [];
    for (const file of arrived) {
      const sighting = this.#sight(file.path);
      if (!sighting) this.#state.unmatched += 1;
      else if (sighting.kind === 'data') data.push({ ...file, source: sighting.source });
      else if (sighting.kind === 'marker') markers.push({ ...file, source: sighting.source });
    }
    const fresh: GatheredFile[] = [];
    for (let at = 0; at < data.length; at += MOST_AT_ONCE)
      fresh.push(...(await this.#gather(data.slice(at, at + MOST_AT_ONCE))));
    this.#state.duplicates += data.length - fresh.length;
    const newMarkers = markers.filter(({ source }) => !this.hasMarker(source));
    for (const marker of newMarkers) this.#state.markers[marker.source] = marker;
    return { data: fresh, markers: newMarkers };
  }

  #sight(path: string) {
    const { bucket = '', key = '' } = parseS3Path(path) ?? {};
    for (const [source, matcher] of this.#matchers.entries()) {
      const sighting = matcher.sight(bucket, key);
      if (sighting && this.#isOurs(sighting.captured)) return { source, kind: sighting.kind };
    }
    return undefined;
  }

  #isOurs(captured: Captured): boolean {
    const { captures } = this.#plan;
    return captures === undefined || isNamed(captured, captures);
  }

  async #gather(files: GatheredFile[]): Promise<GatheredFile[]> {
    const { sources } = this.#plan;
    if (this.#state.stored === 0) {
      const fresh = gather(this.#known, files).flatMap((at) => files[at] ?? []);
      this.#state.counts = countsOf(this.#known.values(), sources.length);
      if (this.#known.size <= MOST_FILES) return fresh;
      const known = [...this.#known.values()];
      for (let at = 0; at < known.length; at += MOST_AT_ONCE)
        await this.#store(known.slice(at, at + MOST_AT_ONCE));
      this.#known.clear();
      return fresh;
    }
    const { fresh } = await this.#store(files);
    return fresh.flatMap((at) => files[at] ?? []);
  }

  async #store(files: GatheredFile[]) {
    const { pipeline, interval, sources } = this.#plan;
    const nth = (this.#state.stored += 1);
    const chain = workflowInfo().firstExecutionRunId;
    const store = brief('keeps the names of the files that have come');
    const gathered = await store.gatherFiles({
      pipeline,
      interval,
      chain,
      sources: sources.length,
      nth,
      files,
    });
    this.#state.counts = gathered.counts;
    return gathered;
  }

  /** What a run is told: the files themselves, or where the manifest of them is. */
  async trigger(run: number): Promise<Trigger> {
    const { pipeline, interval, before } = this.#plan;
    // Of an interval that was done before, nobody has told this gathering of the other files.
    const event = { kind: 'event', ...(before && { partial: true }) } as const;
    if (this.#state.stored === 0) return { ...event, files: [...this.#known.keys()].sort() };
    const write = brief('writes the manifest of all files');
    return { ...event, manifest: await write.writeManifest({ pipeline, interval, nth: run }) };
  }
}
