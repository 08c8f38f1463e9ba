/*
 * Who may import whom. `npm run walls` checks it, test/unit/walls.test.ts that it bites. An import of a type leaves
 * nothing behind at run time, so it may come from anywhere.
 */

const TYPE_ONLY = { dependencyTypesNot: ['type-only'] };

/** A package of npm's by its name. */
const npm = (...names) => `node_modules/(${names.join('|')})/`;
const TEMPORAL = npm('@temporalio/[^/]+');
const AWS = npm('@aws-sdk/[^/]+');

/** `from` may import what matches one of `may` or is of one of `kinds`, and nothing else. `why` is printed. */
const only = (name, from, may, why, kinds = []) => ({
  name,
  severity: 'error',
  comment: why,
  from: { path: from },
  to: { dependencyTypesNot: [...TYPE_ONLY.dependencyTypesNot, ...kinds], pathNot: may },
});

/** `from` may not import `to`. */
const never = (name, from, to, why) => ({
  name,
  severity: 'error',
  comment: why,
  from: typeof from === 'string' ? { path: from } : from,
  to: { ...TYPE_ONLY, ...(typeof to === 'string' ? { path: to } : to) },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    only(
      'domain-is-pure',
      '^src/domain/',
      ['^src/domain/', npm('@marcbachmann/cel-js', 'luxon', '@noble/hashes', 'zod')],
      'src/domain runs inside workflows: it imports only itself and libraries that do no I/O',
    ),
    only(
      'workflows-are-deterministic',
      '^workflows/',
      ['^workflows/', '^src/domain/', npm('@temporalio/(workflow|common)')],
      'workflows import src/domain, @temporalio/workflow and @temporalio/common; a type may come from anywhere',
    ),
    only(
      'activities-know-no-vendor',
      '^activities/',
      ['^activities/', '^src/domain/', '^src/ports\\.ts$', npm('@temporalio/(activity|common)')],
      'activities stand between Temporal and the ports: they import src/domain, src/ports and @temporalio/activity',
      ['core'],
    ),
    only(
      'ports-need-nothing',
      '^src/(ports|aws-error)\\.ts$',
      ['^src/domain/', AWS],
      'what every adapter imports imports nothing but src/domain',
    ),
    never(
      'adapters-know-no-temporal',
      '^src/(engines|publishers|storage|notifiers|spec)/',
      TEMPORAL,
      'Temporal is the only retrier, and it is the activities that talk to it',
    ),
    never(
      'adapters-stand-alone',
      '^src/(engines|publishers|storage|notifiers)/',
      {
        path: '^(src|workflows|activities)/',
        pathNot: [
          '^src/domain/',
          '^src/(ports|aws-error)\\.ts$',
          '^src/(engines|publishers|storage|notifiers)/',
        ],
      },
      'an adapter imports src/domain, src/ports, its own folder, its driver',
    ),
    never(
      'adapters-do-not-know-each-other',
      { path: '^src/(engines|publishers|storage|notifiers)/' },
      {
        path: '^src/(engines|publishers|storage|notifiers)/',
        pathNot: '^src/$1/',
      },
      'what an adapter needs of another one it is given, as a port',
    ),
    never(
      'engines-do-not-know-each-other',
      { path: '^src/engines/([^/]+)/' },
      { path: '^src/engines/[^/]+/', pathNot: '^src/engines/$1/' },
      'one folder for each engine; what they share goes into src/domain',
    ),
    never(
      'spec-and-triggers-read-no-vendor',
      '^src/(spec|triggers)/',
      {
        path: '^(src|workflows|activities)/',
        pathNot: ['^src/domain/', '^src/ports\\.ts$', '^src/(spec|triggers)/'],
      },
      'src/spec and src/triggers import src/domain and src/ports',
    ),
    never(
      'triggers-are-clients',
      '^src/triggers/',
      npm('@temporalio/(?!client|common)[^/]+'),
      'a trigger starts workflows, which takes @temporalio/client',
    ),
    never(
      'only-programs-put-it-together',
      {
        pathNot: [
          '^(src/cli|test|bench)/',
          '^src/(config|consumers|lambda|temporal|search-attributes|secrets|state|worker)\\.ts$',
        ],
      },
      '^src/(config|consumers|lambda|temporal|search-attributes|secrets|state|worker)\\.ts$',
      'configuration and connections belong to src/worker and src/cli, which hand on what others need',
    ),
    never(
      'nobody-imports-the-command-line',
      { pathNot: '^(src/cli|test|bench)/' },
      '^src/cli/',
      'src/cli is the outermost ring',
    ),
    never(
      'emulators-are-strangers',
      '^emulators/',
      '^(src|workflows|activities|test|bench|examples)/',
      'an emulator that shared code with us would agree with our mistakes',
    ),
    never(
      'nobody-imports-an-emulator',
      { pathNot: '^(emulators|test|bench)/' },
      '^emulators/',
      'an emulator is a program of its own: src/cli/stack starts it as a process',
    ),
    never(
      'only-dev-and-demo-start-emulators',
      { path: '^src/', pathNot: '^src/cli/(dev\\.ts|demo\\.ts|demo/|stack/)' },
      '^src/cli/stack/(stack|servers|emulator|ministack)\\.ts$',
      'dev and demo alone may start emulators',
    ),
    never(
      'no-tests-in-programs',
      { pathNot: '^(test|bench)/' },
      '^(test|bench)/',
      'programs import no tests',
    ),
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'files that need each other at run time are one file, or lack a third one',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'all-imports-resolve',
      severity: 'error',
      comment: 'the file or package is not there; is it in package.json?',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-packages',
      severity: 'error',
      comment: 'what a worker imports at run time belongs in dependencies',
      from: { path: '^(src|workflows|activities)/' },
      to: { ...TYPE_ONLY, dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    detectJSDocImports: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
