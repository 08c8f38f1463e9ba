import {
  CancellationScope,
  isCancellation,
  log,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { formatDuration } from '../src/domain/duration.ts';
import type { EventSource } from '../src/domain/event-source.ts';
import type { GatheredFile, NewDataPlan, NewDataProgress, NewDataStatus } from '../src/domain/new-data.ts';
import type { Inbox } from './inbox.ts';
import { LateFiles, type LateState } from './late-files.ts';
import { NewDataFiles, type FilesState } from './new-data-files.ts';
import { openRun, seeThrough, stopRun } from './new-data-start.ts';

/** What one run of the workflow hands to the next; what is not set is as at the start. */
export interface NewDataState {
  plan: NewDataPlan;
  status?: NewDataStatus;
  files?: FilesState;
  late?: LateState;
  /** For each source, when something new of it came last. */
  lastMs?: number[];
  /** The newest time at which a file of each source was written. */
  newestAt?: (string | null)[];
  isComplete?: boolean;
  runs?: number;
  /** The run that is open; with its run ID if it was started here. */
  open?: { runId: string | null };
  /** When the first run ended. */
  endedAtMs?: number;
}

/** New data of an interval: gathered until it is complete, then its run, then what comes late. */
export class NewData {
  readonly #plan: NewDataPlan;
  readonly #inbox: Inbox;
  readonly #files: NewDataFiles;
  readonly #late: LateFiles;
  readonly #lastMs: number[];
  readonly #newestAt: (string | null)[];
  #status: NewDataStatus;
  #runs: number;
  #open: NewDataState['open'];
  /** Whether somebody waits for its end: nobody does yet after a continue-as-new. */
  #isWatched = false;
  #endedAtMs: number | undefined;
  #detail: string | null = null;

  constructor(inbox: Inbox, state: NewDataState) {
    const { plan } = state;
    this.#inbox = inbox;
    this.#plan = plan;
    this.#files = new NewDataFiles(plan, state.files);
    this.#late = new LateFiles(plan.sources, state.late);
    if (!state.late && plan.before) this.#late.seenBy(plan.before.startedAt);
    this.#lastMs = state.lastMs ?? plan.sources.map(() => 0);
    this.#newestAt = state.newestAt ?? plan.sources.map(() => null);
    // Of an interval that is done all is late: the rule by which data is complete may never hold for a few files more.
    this.#status = state.status ?? (plan.before ? 'watching' : 'gathering');
    this.#runs = state.runs ?? 0;
    this.#open = state.open;
    this.#endedAtMs = state.endedAtMs ?? (plan.before && Date.parse(plan.before.endedAt));
    if (state.isComplete) inbox.complete();
  }

  /** Returns when all is done, or with what a new run of the workflow goes on with. */
  async execute(): Promise<NewDataState | undefined> {
    try {
      for (;;) {
        const isDue = await this.#step();
        if (isDue === 'full') return this.#rest();
        if (isDue === 'end') break;
      }
    } catch (error) {
      if (isCancellation(error)) await CancellationScope.nonCancellable(() => this.#stop());
      throw error;
    }
    this.#show('done', null);
    return undefined;
  }

  async #step(): Promise<'due' | 'full' | 'end'> {
    switch (this.#status) {
      case 'gathering': {
        const waited = await this.#until(() => this.#completeAt());
        if (waited === 'due') await this.#start();
        return waited;
      }
      case 'running':
        return this.#awaitRun();
      case 'watching': {
        const waited = await this.#until(() => this.#late.dueAtMs ?? this.#windowEndMs());
        if (waited === 'full') return waited;
        if (this.#late.dueAtMs === undefined) return 'end';
        await this.#start();
        return 'due';
      }
      case 'done':
      case 'cancelled':
        return 'end';
    }
  }

  /** Takes in what comes until the time that `dueAt` says; it may say another one whenever something has come. */
  async #until(dueAt: () => number | undefined): Promise<'due' | 'full'> {
    for (;;) {
      await this.#takeIn();
      const dueMs = dueAt();
      if (dueMs !== undefined && dueMs <= Date.now()) return 'due';
      if (workflowInfo().continueAsNewSuggested) return 'full';
      this.#show(this.#status, this.#waitsFor());
      await this.#inbox.wait(dueMs, 'until nothing new has come for long enough');
    }
  }

  async #takeIn(): Promise<void> {
    while (!this.#inbox.isEmpty) {
      const { files, unreadable } = this.#inbox.take();
      this.#files.addUnreadable(unreadable);
      if (unreadable > 0) log.warn('a signal could not be read', { workflowId: workflowInfo().workflowId });
      const { data, markers } = await this.#files.take(files);
      for (const file of data) this.#note(file);
      if (this.#status === 'gathering') for (const { source } of markers) this.#lastMs[source] = Date.now();
    }
  }

  #note(file: GatheredFile): void {
    const { source, at = null } = file;
    this.#lastMs[source] = Date.now();
    const newest = this.#newestAt[source] ?? null;
    if (at !== null && (newest === null || Date.parse(at) > Date.parse(newest))) this.#newestAt[source] = at;
    if (this.#status === 'gathering') return;
    this.#tellReported(this.#late.add(file, this.#isInWindow(source)));
  }

  #isInWindow(source: number): boolean {
    const windowMs = this.#plan.sources[source]?.lateWindowMs ?? 0;
    return this.#endedAtMs === undefined || Date.now() <= this.#endedAtMs + windowMs;
  }

  /** When the data is complete if nothing more comes; undefined while something has to come first. */
  #completeAt(): number | undefined {
    if (this.#inbox.isComplete) return Date.now();
    const due = this.#plan.sources.map((source, at) => this.#sourceCompleteAt(source, at));
    return due.some((ms) => ms === undefined) ? undefined : Math.max(...due.map((ms) => ms ?? 0));
  }

  #sourceCompleteAt({ count, marker, settleMs }: EventSource, at: number): number | undefined {
    const isThere = marker === undefined ? this.#files.count(at) >= (count ?? 1) : this.#files.hasMarker(at);
    return isThere ? (this.#lastMs[at] ?? 0) + settleMs : undefined;
  }

  #windowEndMs(): number {
    const longest = Math.max(...this.#plan.sources.map(({ lateWindowMs }) => lateWindowMs));
    return (this.#endedAtMs ?? Date.now()) + longest;
  }

  /** The run that was started here ends with this workflow; others only look on. */
  async #stop(): Promise<void> {
    const { pipeline, interval, settings } = this.#plan;
    if (this.#open?.runId != null)
      await stopRun(`${pipeline}/${interval}`, this.#open.runId, settings.heartbeatTimeoutMs);
    this.#show('cancelled', null);
  }

  /** Starts the run, or finds that there is one. */
  async #start(): Promise<void> {
    const isFirst = this.#status === 'gathering';
    const trigger = await this.#files.trigger(this.#runs);
    const { pipeline, interval, settings } = this.#plan;
    const opened = await openRun({ pipeline, interval, trigger }, settings, isFirst);
    // What is known by now is in what the run was told, and what waits in the inbox is late.
    this.#late.seenBy(opened.kind === 'own' ? undefined : opened.startedAt);
    this.#status = opened.kind === 'ended' ? 'watching' : 'running';
    if (opened.kind === 'ended') this.#endedAtMs ??= Date.parse(opened.endedAt);
    // Somebody else started it: what was written since then it need not have seen.
    if (opened.kind !== 'own') this.#coverUntil(opened.startedAt);
    if (opened.kind === 'ended') return;
    if (opened.kind === 'own') this.#runs += 1;
    this.#open = { runId: opened.kind === 'own' ? opened.runId : null };
    void this.#watch(opened.ended);
  }

  #coverUntil(startedAt: string): void {
    for (const [source, newest] of this.#newestAt.entries()) {
      if (newest === null || Date.parse(newest) <= Date.parse(startedAt)) continue;
      const since = this.#files.since(source, startedAt);
      const late = since.length > 0 ? since : [{ path: `of entry ${source + 1} of events`, source }];
      for (const file of late) this.#tellReported(this.#late.add(file, this.#isInWindow(source)));
    }
  }

  async #watch(ended: Promise<void>): Promise<void> {
    this.#isWatched = true;
    // However it ended: what it came to is its own affair.
    await ended.catch(() => {});
    if (CancellationScope.current().consideredCancelled) return;
    this.#open = undefined;
    this.#isWatched = false;
    this.#endedAtMs ??= Date.now();
    this.#inbox.ring();
  }

  /** Takes in what comes while the run is open. */
  async #awaitRun(): Promise<'due' | 'full'> {
    const { pipeline, interval, settings } = this.#plan;
    if (this.#open && !this.#isWatched)
      void this.#watch(seeThrough(`${pipeline}/${interval}`, settings.heartbeatTimeoutMs));
    const waited = await this.#until(() => (this.#open === undefined ? 0 : undefined));
    if (waited === 'due') this.#status = 'watching';
    return waited;
  }

  #tellReported(reported: GatheredFile | undefined): void {
    if (!reported) return;
    const { pipeline, interval } = this.#plan;
    log.warn('new data came when the run had begun, and no run was started for it', {
      pipeline,
      interval,
      file: reported.path,
    });
  }

  #rest(): NewDataState {
    return {
      plan: this.#plan,
      status: this.#status,
      files: this.#files.state,
      late: this.#late.state,
      lastMs: this.#lastMs,
      newestAt: this.#newestAt,
      isComplete: this.#inbox.isComplete,
      runs: this.#runs,
      ...(this.#open && { open: this.#open }),
      ...(this.#endedAtMs !== undefined && { endedAtMs: this.#endedAtMs }),
    };
  }

  progress(): NewDataProgress {
    const { pipeline, interval } = this.#plan;
    const { duplicates, unmatched } = this.#files.state;
    return {
      pipeline,
      interval,
      status: this.#status,
      files: this.#files.total,
      duplicates,
      unmatched,
      runs: this.#runs,
      late: this.#late.reported,
      detail: this.#detail,
    };
  }

  #waitsFor(): string {
    const { pipeline, interval, sources } = this.#plan;
    if (this.#status === 'running') return `until ${pipeline}/${interval} has ended`;
    if (this.#status === 'watching')
      return this.#late.dueAtMs === undefined
        ? `for late files until ${new Date(this.#windowEndMs()).toISOString()}`
        : 'until no more late files come';
    const missing = sources.flatMap(({ count, marker, path, settleMs }, at) => {
      const have = this.#files.count(at);
      if (marker !== undefined && !this.#files.hasMarker(at)) return [`${marker} beside ${path}`];
      if (count !== undefined && have < count) return [`${count - have} more of ${path}`];
      if (marker === undefined && have === 0) return [`files of ${path}`];
      return [`nothing new of ${path} for ${formatDuration(settleMs)}`];
    });
    return `for ${missing.join(', ')}`;
  }

  /** Costs no event. */
  #show(status: NewDataStatus, detail: string | null): void {
    this.#status = status;
    this.#detail = detail;
    const { pipeline, interval, files, duplicates, runs, late } = this.progress();
    setCurrentDetails(
      [
        `New data of **${pipeline}** for **${interval}**: **${status}**${detail === null ? '' : `, waits ${detail}`}`,
        `${files} files, ${duplicates} notifications of known ones, ${runs} runs started, ${late.count} late files without a run`,
        ...late.files.map((file) => `- ${file}`),
      ].join('\n\n'),
    );
  }
}
