import type { Definition, FileSetTemplate, StepDefinition, StepOf } from './definition.ts';
import { evaluateCondition } from './expression.ts';
import type { FailureType } from './failure.ts';
import type { FileSet } from './job.ts';
import type { Scope } from './run.ts';
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
    const { warehouse, table: template, mode, uniqueKey, orderBy, columns, createTable } = step.args;
    const table = rendered(template, scope);
    if (table === undefined) return [];
    const load: PlannedLoad = {
      table,
      mode,
      ...(uniqueKey && { uniqueKey }),
      ...(orderBy && { orderBy }),
      ...(columns && { columns }),
      ...(createTable !== undefined && { createTable }),
      ...(isMadeByOthers(step, steps) && { mayChange: true }),
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

/** Whether something else in the run may make the table, or make it another one. */
const isMadeByOthers = (step: StepOf<'redshiftCopy'>, steps: readonly StepDefinition[]): boolean =>
  steps.some((other) => {
    if (other.id === step.id) return false;
    switch (other.kind) {
      case 'redshiftSql':
        return /\b(create|alter|drop|call)\b/i.test(other.args.query);
      case 'redshiftCopy':
        return other.args.createTable === true && other.args.table === step.args.table;
      default:
        return MAY_DO_ANYTHING.includes(other.kind);
    }
  });

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
