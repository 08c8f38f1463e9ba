import type { DbTaps } from '../db-taps.ts';
import type { ProcessOptions } from '../process.ts';
import type { Storage } from '../storage.ts';
import type { Tools } from '../tools.ts';

/** What all commands of the account have to run with. */
export interface Account {
  tools: Tools;
  storage: Storage;
  dbTaps: DbTaps;
}

/** What a command has to run with. */
export interface Surroundings extends Account, Omit<ProcessOptions, 'stdin' | 'env'> {}

/** Runs a command to its end. */
export type Program<Request> = (request: Request, around: Surroundings) => Promise<{ exitCode: number }>;
