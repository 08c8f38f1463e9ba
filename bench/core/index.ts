import type { Part } from '../harness/bench.ts';
import { demo } from './demo.ts';
import { duckdb } from './duckdb.ts';
import { nextStep } from './next-step.ts';
import { overhead } from './overhead.ts';

/** What the core of the product promises. The parts, by their names on the command line. */
export const core: Record<string, Part> = { overhead, duckdb, 'next-step': nextStep, demo };
