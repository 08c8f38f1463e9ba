import type { Part } from '../harness/bench.ts';
import { known } from './known.ts';
import { polls } from './polls.ts';
import { submit } from './submit.ts';

/** What an engine costs. The parts, by their names on the command line. */
export const engines: Record<string, Part> = { polls, submit, known };
