import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const environment =
  'src/environment.ts is the only reader of the environment; take what you need as an argument';
const replayed =
  'Temporal’s sandbox runs this code, again at every replay; take what you need as an argument';

const ENUMS = { selector: 'TSEnumDeclaration', message: 'write an `as const` object instead of an enum' };
const CLOCKS = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: `no clock here: ${replayed}`,
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: `no clock here: ${replayed}`,
  },
  {
    selector: "CallExpression[callee.object.name='DateTime'][callee.property.name=/^(now|local|utc)$/]",
    message: `no clock and no zone of the machine here: ${replayed}`,
  },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: `no chance here: ${replayed}`,
  },
];

const SCRIPT_GLOBALS = [
  ...['Buffer', 'URL', 'console', 'module', 'process'],
  ...['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'],
];

export default defineConfig(
  globalIgnores(['dist/', '.millrace/', 'coverage/', 'schema/', 'bench/results/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    // Scripts run before there is anything to resolve a type with.
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(SCRIPT_GLOBALS.map((name) => [name, 'readonly'])),
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      'no-restricted-syntax': ['error', ENUMS],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // A text is taken apart by its characters on purpose.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      // `return say(…)` ends a branch, and a method of a port is async even where it has nothing to wait for.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/require-await': 'off',
      // Our factories return plain functions, which may be taken out of what they came in.
      '@typescript-eslint/unbound-method': 'off',
      // A list for `Promise.all` may hold what is there already beside what is on its way.
      '@typescript-eslint/await-thenable': 'off',
      // It knows neither what a callback has changed since nor what a server leaves out of its reply.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // A type parameter that appears once says what is read, or that a type may be an interface.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // A value that a template gave has the type that we ask of it; whether it is one has to be seen.
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      // A stream's `isTTY` is there on a terminal only, whatever its type says.
      '@typescript-eslint/no-unnecessary-boolean-literal-compare': 'off',
      // The enums of Temporal's protocol come from a package that is not ours to import.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
    },
  },
  {
    files: ['**/*.ts'],
    ignores: ['test/**'],
    rules: { 'max-lines': ['error', 300] },
  },
  {
    // A match of a pattern is known to have the groups that the pattern has.
    files: ['emulators/**', 'test/**', 'bench/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Tests read replies as a stranger does, and a value of the wrong type fails an expectation.
    files: ['test/**', 'bench/**'],
    rules: Object.fromEntries(
      [
        'no-unsafe-argument',
        'no-unsafe-assignment',
        'no-unsafe-call',
        'no-unsafe-member-access',
        'no-unsafe-return',
        'no-misused-promises',
        'no-misused-spread',
        'restrict-plus-operands',
        'use-unknown-in-catch-callback-variable',
      ].map((rule) => [`@typescript-eslint/${rule}`, 'off']),
    ),
  },
  {
    files: ['src/**', 'activities/**', 'workflows/**'],
    ignores: ['src/environment.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: environment }],
    },
  },
  {
    files: ['src/**', 'activities/**', 'workflows/**'],
    ignores: ['src/cli/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['workflows/**', 'src/domain/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'Buffer', 'fetch', 'crypto'].map((name) => ({ name, message: replayed })),
      ],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: replayed, allowTypeImports: true }] },
      ],
    },
  },
  {
    // In a workflow Temporal replaces the clock and the dice; this code runs outside of one as well.
    files: ['src/domain/**'],
    rules: { 'no-restricted-syntax': ['error', ENUMS, ...CLOCKS] },
  },
);
