import type { JobEngine } from '../../src/ports.ts';

/** An engine whose jobs are done as soon as they are submitted. */
export const noopEngine: JobEngine = {
  kinds: ['sql'],
  keyMemoryMs: Infinity,
  lookAfterMs: 0,
  ensureCluster: async () => ({ id: 'none', ready: true, started: false }),
  submit: async (_spec, key) => ({ id: key, key, found: false }),
  find: async (key) => ({ id: key, key }),
  poll: async (refs) => new Map(refs.map(({ id }) => [id, { status: 'done' }])),
  cancel: async () => {},
  logs: async () => ({ lines: [], next: '0' }),
  async *listKeyed() {},
};
