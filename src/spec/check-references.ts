import type { Reference } from '../domain/expression.ts';
import type { Locate } from './check-texts.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Problem } from './problem.ts';

/** What the expressions of one text may look at. */
export interface Surroundings {
  /** The step that the text belongs to. */
  step: string | undefined;
  /** The steps that have ended when it starts. */
  before: ReadonlySet<string>;
  allSteps: readonly string[];
  params: readonly string[];
  /** Whether the order is given by `needs`. */
  byNeeds: boolean;
  /** Whether `failure` is known: in `onFailure`. */
  inFailure: boolean;
  /** Whether `item` is known: in a step with `forEach`. */
  inItem: boolean;
  /** Whether `row` is known: in the `expect` of a check. */
  inExpect: boolean;
}

const FIELDS: Record<string, readonly string[]> = {
  interval: ['id', 'start', 'end', 'date', 'weekday'],
  run: ['id', 'runId', 'pipeline', 'startedAt'],
  trigger: ['kind', 'files', 'manifest'],
  failure: ['step', 'type', 'message', 'ref', 'log'],
};

type Fault = Pick<Problem, 'code' | 'message' | 'fix'>;

function checkStep([id]: string[], around: Surroundings): Fault | undefined {
  if (id === undefined) {
    return {
      code: 'bad-cel',
      message: 'steps needs the id of a step after it',
      fix: 'write steps.<id>.<field>',
    };
  }
  if (around.before.has(id)) return undefined;
  if (!around.allSteps.includes(id)) {
    return { code: 'unknown-step', message: `there is no step ${id}`, fix: didYouMean(id, around.allSteps) };
  }
  if (id === around.step) {
    return {
      code: 'later-step',
      message: `${id} looks at itself`,
      fix: 'a step may only look at steps before it',
    };
  }
  const message = `${id} need not have ended when ${around.step ?? 'this step'} starts`;
  return { code: 'later-step', message, fix: around.byNeeds ? `add ${id} to its needs` : `move ${id} up` };
}

function checkRoot(root: string, around: Surroundings): Fault | undefined {
  const known = ['interval', 'params', 'steps', 'trigger', 'run'];
  if (around.inFailure) known.push('failure');
  if (around.inExpect) known.push('row');
  if (around.inItem) known.push('item');
  if (known.includes(root)) return undefined;
  if (root === 'failure') {
    return {
      code: 'unknown-root',
      message: 'failure is only known in onFailure',
      fix: 'look at steps.<id>.state',
    };
  }
  if (root === 'row') {
    return { code: 'unknown-root', message: 'row is only known in expect', fix: 'write steps.<id>.row' };
  }
  if (root === 'item') {
    return {
      code: 'unknown-root',
      message: 'item is only known in what a step with forEach does',
      fix: 'add forEach to the step',
    };
  }
  return { code: 'unknown-root', message: `there is no variable ${root}`, fix: didYouMean(root, known) };
}

function faultOf({ root, path }: Reference, around: Surroundings): Fault | undefined {
  const [field] = path;
  const unknown = checkRoot(root, around);
  if (unknown) return unknown;
  if (root === 'steps') return checkStep(path, around);
  if (field === undefined) return undefined;
  if (root === 'params' && !around.params.includes(field)) {
    const fix = around.params.length === 0 ? `add params: { ${field}: … }` : didYouMean(field, around.params);
    return { code: 'unknown-param', message: `there is no param ${field}`, fix };
  }
  const fields = FIELDS[root];
  if (!fields || fields.includes(field)) return undefined;
  return { code: 'unknown-field', message: `${root} has no field ${field}`, fix: didYouMean(field, fields) };
}

/** That expressions look only at what there is, and at what has ended. */
export const checkReferences = (
  references: readonly Reference[],
  around: Surroundings,
  locate: Locate,
): Problem[] =>
  references.flatMap((reference) => {
    const fault = faultOf(reference, around);
    return fault ? [{ ...locate(reference.offset), ...fault }] : [];
  });
