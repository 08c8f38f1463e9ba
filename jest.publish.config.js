import base from './jest.config.js';

/** Publishing under faults, for minutes: `npm run test:publish`. One file at a time. */
export default {
  ...base,
  roots: ['<rootDir>/test/property', '<rootDir>/test/publish'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
};
