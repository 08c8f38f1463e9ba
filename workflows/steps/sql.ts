import type { StepOf } from '../../src/domain/definition.ts';
import { renderSql } from '../../src/domain/sql-template.ts';
import { rejecting } from '../failures.ts';
import { fileSet } from '../file-set.ts';
import type { StepRun } from '../step-run.ts';
import { doWork } from '../work.ts';
import { handles } from './job.ts';

/** One SELECT on an engine, whose rows it writes to `output`. */
export async function sql(step: StepRun, { args }: StepOf<'sql'>) {
  const scope = step.scope();
  const output = fileSet(args.output, scope);
  const inputs = Object.fromEntries(
    Object.entries(args.inputs).map(([name, at]) => [name, fileSet(at, scope)]),
  );
  const query = rejecting(() => renderSql(args.query, scope), 'query: ');
  const finished = await doWork(step, {
    to: { kind: 'engine', name: args.engine },
    what: 'the job',
    spec: { kind: 'sql', inputs, query, output },
    nextKey: () => step.nextKey(),
    output,
  });
  return { ...handles(finished), output: { ...output }, ...finished.measure };
}
