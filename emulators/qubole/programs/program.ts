import type { ProcessOptions } from '../process.ts';
import type { Tools } from '../tools.ts';

/** What a command has to run with. */
export interface Surroundings extends Omit<ProcessOptions, 'stdin' | 'env'> {
  tools: Tools;
  /** The text of a script at an `s3://` URL or a local path. */
  fetchScript(location: string): Promise<string>;
}

/** Runs a command to its end. */
export type Program<Request> = (request: Request, around: Surroundings) => Promise<{ exitCode: number }>;
