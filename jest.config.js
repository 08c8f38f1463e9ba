// The AWS SDK warns of Node 20 in every test; which Node is needed stands in package.json.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

/** Suites are folders: `npm test -- test/unit` runs one. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // They need minutes (`npm run test:e2e`, `npm run test:publish`), or a Spark (`npm run test:engines`).
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/(e2e|crash|engines|publish)/'],
  // A test waits for conditions; this only ends one that waits for ever, also where much else runs.
  testTimeout: 180_000,
  maxWorkers: 2,
};
