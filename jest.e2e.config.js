import base from './jest.config.js';

/** The local stack as a user has it, also when its processes are killed: `npm run test:e2e`. */
export default {
  ...base,
  roots: ['<rootDir>/test/e2e', '<rootDir>/test/crash'],
  testPathIgnorePatterns: ['/node_modules/'],
};
