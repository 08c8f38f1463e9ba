import type { Part } from '../harness/bench.ts';
import { apply } from './apply.ts';
import { backfill } from './backfill.ts';
import { events } from './events.ts';
import { flood } from './flood.ts';
import { lambda } from './lambda.ts';

/** How runs start. The parts, by their names on the command line. */
export const start: Record<string, Part> = { apply, backfill, events, flood, lambda };
