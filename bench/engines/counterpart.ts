import type { JobEngine, JobSpec, WorkRef } from '../../src/ports.ts';
import type { Bench } from '../harness/bench.ts';

/** What an engine is measured against. */
export interface Counterpart {
  /** How it is called in the report. */
  name: string;
  url: string;
  engineAt(url: string): JobEngine;
  /** Makes jobs that wait or have ended, past the engine, which would look each of them up. */
  many(count: number): Promise<WorkRef[]>;
  /** How many jobs one page of the API's list has at most; the API has no pages if missing. */
  perPage?: number;
  close(): Promise<void>;
}

/** One that real jobs are run on, too. */
export interface RunningCounterpart extends Counterpart {
  /** A script of `/bin/sh` as a job. */
  job(script: string): Promise<JobSpec>;
  /** The engine's own clients: each starts that script as a job in its own way. */
  clients: Record<string, (script: string) => Promise<void>>;
}

export type Start<T = Counterpart> = (bench: Bench) => Promise<T>;

let keys = 0;
/** A key as the product makes them. */
export const newKey = (): string =>
  `mr-${(keys += 1).toString(16).padStart(32, '0')}-${process.pid.toString(16).padStart(8, '0')}-1`;
