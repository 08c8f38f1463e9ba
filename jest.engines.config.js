import base from './jest.config.js';

/** The suite that needs a Spark: `npm run test:engines`. One file at a time, because each has servers of its own. */
export default {
  ...base,
  roots: ['<rootDir>/test/engines'],
  testPathIgnorePatterns: ['/node_modules/'],
  // Java starts slowly where much else runs.
  testTimeout: 300_000,
  maxWorkers: 1,
};
