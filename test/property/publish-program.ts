import fc from 'fast-check';
import type { PublishMode } from '../../src/ports.ts';

/** What may happen to one batch on its way to the warehouse and back. */
export const FAULTS = [
  'none',
  /** The answer to the submission is lost, and it is sent again under the same name. */
  'sentTwice',
  /** Two workers submit it and wait for it. */
  'twoWorkers',
  /** Its name is forgotten and its token expired: it runs twice at once. */
  'tokenExpired',
  /** The connection breaks: the client is told nothing, and the statement goes on. */
  'goesOn',
  /** It is queued somewhere and will run later; the client is told nothing. */
  'late',
  /** The run is terminated after it was submitted, and it will run later. */
  'terminated',
  /** Somebody drops the stage before it runs. */
  'stageDropped',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface ProgramRun {
  /** Which interval it covers. */
  unit: 0 | 1;
  /** Which files its job has written. */
  file: number;
  /** What happens to its batches, in their order; nothing after that. */
  faults: Fault[];
  /** The workflow is reset once it has ended, and its job writes these files. */
  resetTo: number | undefined;
}

export interface Program {
  mode: PublishMode;
  /** Runs of each wave publish at the same time; what is late runs between them and at the end. */
  waves: ProgramRun[][];
}

export const FILES = 6;

const run = fc.record<ProgramRun>({
  unit: fc.constantFrom(0, 1),
  file: fc.nat(FILES - 1),
  faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 5 }),
  resetTo: fc.option(fc.nat(FILES - 1), { nil: undefined, freq: 4 }),
});

export const program: fc.Arbitrary<Program> = fc.record({
  mode: fc.constantFrom<PublishMode>('append', 'upsert', 'replace', 'replaceWhere'),
  waves: fc.array(fc.array(run, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
});
