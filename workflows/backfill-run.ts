import {
  ApplicationFailure,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  BackfillFailure,
  BackfillFault,
  BackfillPlan,
  BackfillReport,
  BackfillStatus,
} from '../src/domain/backfill-progress.ts';
import { brief } from './activities.ts';
import { runInterval } from './backfill-interval.ts';
import { faultOf } from './failures.ts';

const MOST_FAILURES_TOLD = 100;

/** What one run of the workflow hands to the next; what is not set is as at the start. */
export interface BackfillState {
  plan: BackfillPlan;
  startedAt: string;
  /** Intervals that were handed out and not started. */
  waiting?: string[];
  /** Where the next chunk begins; null when all were handed out. */
  next?: string | null;
  paused?: boolean;
  done?: number;
  already?: number;
  failed?: number;
  failures?: BackfillFailure[];
}

/** A backfill under way: starts runs while there is room, and counts how they end. */
export class Backfill {
  readonly #plan: BackfillPlan;
  readonly #startedAt: string;
  readonly #running = new Map<string, Promise<void>>();
  readonly #failures: BackfillFailure[];
  #waiting: string[];
  #next: string | null | undefined;
  #paused: boolean;
  #done: number;
  #already: number;
  #failed: number;
  #fault: BackfillFault | undefined;
  #ended: BackfillStatus | undefined;

  constructor(state: BackfillState) {
    this.#plan = state.plan;
    this.#startedAt = state.startedAt;
    this.#waiting = state.waiting ?? [];
    this.#next = state.next;
    this.#paused = state.paused ?? false;
    this.#done = state.done ?? 0;
    this.#already = state.already ?? 0;
    this.#failed = state.failed ?? 0;
    this.#failures = state.failures ?? [];
    this.#show();
  }

  /** Returns when all is done, or with what is left to do for a new run of the workflow. */
  async execute(): Promise<BackfillState | undefined> {
    try {
      await this.#startAll();
      await this.#drained();
    } catch (error) {
      if (!isCancellation(error)) throw error;
      // The runs that this backfill started are being cancelled with it; each ends when its jobs are stopped.
      await CancellationScope.nonCancellable(() => this.#drained());
      this.#end('cancelled');
      throw error;
    }
    if (this.#fault) this.#end('failed');
    else if (this.#isStopped()) this.#end('stopped');
    else if (this.#waiting.length > 0 || this.#next !== null) return this.#rest();
    else this.#end(this.#failed > 0 ? 'failed' : 'done');
    return undefined;
  }

  async #startAll(): Promise<void> {
    const { concurrency } = this.#plan.input;
    for (;;) {
      await condition(() => this.#isStopped() || (!this.#paused && this.#running.size < concurrency));
      if (this.#isStopped() || workflowInfo().continueAsNewSuggested) return;
      if (this.#waiting.length === 0 && this.#next !== null && !(await this.#fetch())) return;
      const interval = this.#waiting.shift();
      if (interval === undefined) return;
      this.#running.set(
        interval,
        this.#run(interval).finally(() => this.#running.delete(interval)),
      );
      this.#show();
    }
  }

  /** Says whether it could be done. Where it was refused, the runs that are open go on to their ends. */
  async #fetch(): Promise<boolean> {
    const plan = this.#plan;
    const from = this.#next === undefined || this.#next === null ? {} : { from: this.#next };
    try {
      const chunk = await brief('the next intervals').nextIntervals({ plan, ...from });
      this.#waiting = chunk.intervals;
      this.#next = chunk.next;
      this.#already += chunk.already;
      return true;
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { type, message } = faultOf(error);
      this.#fault = { type, message: `the next intervals can't be worked out: ${message}` };
      this.#show();
      return false;
    }
  }

  async #run(interval: string): Promise<void> {
    try {
      if ((await runInterval(this.#plan, interval)) === 'own') this.#done += 1;
      else this.#already += 1;
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) return;
      this.#failed += 1;
      const { type, message } = isCancellation(error)
        ? { type: 'Cancelled', message: 'the run was cancelled' }
        : faultOf(error);
      if (this.#failures.length < MOST_FAILURES_TOLD) this.#failures.push({ interval, type, message });
    } finally {
      this.#show();
    }
  }

  async #drained(): Promise<void> {
    await condition(() => this.#running.size === 0);
  }

  #isStopped(): boolean {
    const { maxFailures } = this.#plan.input;
    return maxFailures !== undefined && this.#failed >= maxFailures;
  }

  #rest(): BackfillState {
    return {
      plan: this.#plan,
      startedAt: this.#startedAt,
      waiting: this.#waiting,
      ...(this.#next !== undefined && { next: this.#next }),
      paused: this.#paused,
      done: this.#done,
      already: this.#already,
      failed: this.#failed,
      failures: this.#failures,
    };
  }

  /** Paused, it starts no runs; those that are open go on. */
  setPaused(paused: boolean): BackfillReport {
    this.#paused = paused;
    this.#show();
    return this.report();
  }

  #end(status: BackfillStatus): void {
    this.#ended = status;
    this.#show();
  }

  report(): BackfillReport {
    const { input, total } = this.#plan;
    const { pipeline, from, to } = input;
    return {
      pipeline,
      from,
      to,
      status: this.#ended ?? (this.#paused ? 'paused' : 'running'),
      startedAt: this.#startedAt,
      total,
      done: this.#done,
      already: this.#already,
      failed: this.#failed,
      running: [...this.#running.keys()],
      failures: this.#failures,
      ...(this.#fault && { fault: this.#fault }),
    };
  }

  /** What the workflow fails with, its report in the details. */
  asFailure(): ApplicationFailure {
    return ApplicationFailure.create({
      type: this.#fault?.type ?? 'JobFailed',
      message: [...(this.#fault ? [faultWords(this.#fault)] : []), ...this.#failureWords()].join('; '),
      nonRetryable: true,
      details: [this.report()],
    });
  }

  #failureWords(): string[] {
    const { total, failed, failures, status } = this.report();
    if (failed === 0) return [];
    const some = failures.slice(0, 3).map(({ interval, message }) => `${interval} (${message})`);
    const stopped = status === 'stopped' ? 'stopped: ' : '';
    return [
      `${stopped}${failed} of ${total} intervals failed: ${some.join('; ')}${failed > some.length ? '; …' : ''}`,
    ];
  }

  /** Costs no event. */
  #show(): void {
    const { pipeline, from, to, status, total, done, already, failed, running, failures, fault } =
      this.report();
    const lines = failures.map(({ interval, type, message }) => `- ${interval}: ${type}: ${message}`);
    setCurrentDetails(
      [
        `**${pipeline}** from **${from}** to **${to}**: **${status}**, ${done + already + failed} of ${total}`,
        `${done} done, ${already} done already, ${failed} failed, ${running.length} running`,
        ...(fault ? [faultWords(fault)] : []),
        ...lines,
      ].join('\n\n'),
    );
  }
}

const faultWords = ({ type, message }: BackfillFault): string => `${type}: ${message}`;
