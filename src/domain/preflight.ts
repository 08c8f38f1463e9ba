import type { Definition, FileSetTemplate, StepDefinition } from './definition.ts';
import { evaluateCondition } from './expression.ts';
import type { FailureType } from './failure.ts';
import type { FileSet } from './job.ts';
import { mayComeBefore } from './order.ts';
import type { Scope } from './run.ts';
import { sqlWords } from './sql-kind.ts';
import { splitStatements } from './sql-template.ts';
import type { PlannedLoad } from './statements.ts';
import { renderText } from './template.ts';

/*
 * What can be known of a run's loads before the first job is submitted.
 */

/** What is wrong with a load, or may be: found before any file is written. */
export interface Finding {
  /** The step that it concerns; null for what concerns the run. */
  step: string | null;
  level: 'error' | 'warning';
  /** What was looked at. */
  code:
    | 'warehouse'
    | 'table'
    | 'columns'
    | 'role'
    | 'region'
    | 'bucket'
    | 'queue'
    | 'files'
    | 'privileges'
    | 'unknown';
  /** What the step would fail with. */
  type: FailureType;
  /** What is wrong, and after a semicolon what to do. */
  message: string;
}

/** A load, and which warehouse does it. */
export interface StepLoad {
  step: string;
  warehouse: string;
  load: PlannedLoad;
}

/** The loads of a run whose table is known at its start, without those that the run would leave out. */
export function plannedLoads({ steps }: Definition, scope: Scope): StepLoad[] {
  return steps.flatMap((step) => {
    if (step.kind !== 'redshiftCopy' || !mayRun(step, scope)) return [];
    const { warehouse, table: template, mode, uniqueKey, orderBy, columns, options } = step.args;
    const table = rendered(template, scope);
    if (table === undefined) return [];
    const before = mayComeBefore(steps, step).map((other) => effectOn(table, other, scope));
    // Made only where it isn't there, the table is as it is.
    const createTable = step.args.createTable ?? (before.includes('makes') ? true : undefined);
    const load: PlannedLoad = {
      table,
      mode,
      ...(uniqueKey && { uniqueKey }),
      ...(orderBy && { orderBy }),
      ...(columns && { columns }),
      ...(options && { options }),
      ...(createTable !== undefined && { createTable }),
      ...(before.includes('changes') && { mayChange: true }),
    };
    return [{ step: step.id, warehouse, load }];
  });
}

/** Whether a run may cost a cluster's time before it comes to its first load. */
export const hasJobs = ({ steps }: Definition): boolean => steps.some(({ args }) => 'engine' in args);

/** The files that a step loads, where its definition or that of the step before says; without what only a run knows. */
export function plannedFiles(
  from: FileSetTemplate,
  { steps }: Definition,
  scope: Scope,
): FileSet | undefined {
  const set = typeof from === 'string' ? outputOf(from, steps) : from;
  const path = set && rendered(set.path, scope);
  return set && path !== undefined ? { ...set, path } : undefined;
}

function outputOf(template: string, steps: readonly StepDefinition[]): FileSet | undefined {
  const [, id] = /^\$\{\s*steps\.(\w+)\.output\s*\}$/.exec(template) ?? [];
  const step = steps.find((other) => other.id === id);
  if (step === undefined) return undefined;
  if (step.kind === 'sql') return step.args.output;
  if (step.kind === 'redshiftUnload') return { path: step.args.to, format: step.args.format };
  return 'job' in step.args && 'output' in step.args.job ? step.args.job.output : undefined;
}

/** One whose failure the run allows, or whose condition is false already, is none of its business. */
function mayRun({ allowFailure, when, forEach }: StepDefinition, scope: Scope): boolean {
  if (allowFailure || forEach) return false;
  if (when === undefined || /\bsteps\b/.test(when)) return true;
  try {
    return evaluateCondition(when, scope);
  } catch {
    return false;
  }
}

/** What a step may do to the table: make it where it isn't there, or make it another one. */
function effectOn(table: string, step: StepDefinition, scope: Scope): 'makes' | 'changes' | undefined {
  switch (step.kind) {
    case 'redshiftSql':
      return sqlEffectOn(table, step.args.query);
    case 'redshiftCopy': {
      const other = rendered(step.args.table, scope);
      const isOther = other !== undefined && other.toLowerCase() !== table.toLowerCase();
      return step.args.createTable === true && !isOther ? 'makes' : undefined;
    }
    default:
      return MAY_DO_ANYTHING.includes(step.kind) ? 'changes' : undefined;
  }
}

/** By the statements that name the table; a procedure may do anything, and so may a name that a run fills in. */
function sqlEffectOn(table: string, query: string): 'makes' | 'changes' | undefined {
  const name = (table.split('.').at(-1) ?? table).replaceAll('"', '');
  const naming = new RegExp(String.raw`(?<![\w$])${name.replaceAll(/\W/g, String.raw`\$&`)}(?![\w$])`, 'i');
  const effects = splitStatements(query).map((statement) => {
    const words = sqlWords(statement);
    if (words.includes('call')) return 'changes';
    const isShaping = SHAPES.some((word) => words.includes(word)) || isSelectInto(words);
    const isNamed = naming.test(statement) || /\$\{\s*ident\b/.test(statement);
    if (!isShaping || !(isNamed || /^drop (schema|database)$/.test(words.slice(0, 2).join(' '))))
      return undefined;
    return MAKES.test(words.join(' ')) ? 'makes' : 'changes';
  });
  return effects.find((effect) => effect === 'changes') ?? effects.find((effect) => effect !== undefined);
}

const SHAPES = ['create', 'alter', 'drop'];
const MAKES = /^create table if not exists\b/;

const isSelectInto = (words: readonly string[]): boolean =>
  ['select', 'with'].includes(words[0] ?? '') && words.includes('into');

const MAY_DO_ANYTHING: readonly StepDefinition['kind'][] = [
  'shell',
  'chain',
  'activateDataPipeline',
  'awaitDataPipeline',
  'pipeline',
];

/** Undefined where it takes what only the run will know. */
function rendered(template: string, scope: Scope): string | undefined {
  try {
    return renderText(template, scope);
  } catch {
    return undefined;
  }
}
