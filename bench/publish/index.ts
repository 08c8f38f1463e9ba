import { calls } from './calls.ts';
import { memory } from './memory.ts';
import { modes } from './modes.ts';

/** What publishing costs beside a bare COPY. */
export const publish = { modes, memory, calls };
