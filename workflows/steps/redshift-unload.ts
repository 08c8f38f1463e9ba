import type { StepOf } from '../../src/domain/definition.ts';
import { renderSql } from '../../src/domain/sql-template.ts';
import { renderText } from '../../src/domain/template.ts';
import { brief } from '../activities.ts';
import { toComplete } from '../deadline.ts';
import { rejecting } from '../failures.ts';
import { runOnce } from '../once.ts';
import type { StepRun } from '../step-run.ts';

/** There may be many files from before. */
const LISTS = { startToCloseTimeout: '10m' } as const;

/** The rows of a query go to files, under the same ledger as a publication: a late older run overwrites nothing. */
export async function redshiftUnload(step: StepRun, { args }: StepOf<'redshiftUnload'>) {
  const scope = step.scope();
  const { warehouse, query, to, iamRole, ...same } = args;
  const path = rejecting(() => renderText(to, scope), 'to: ');
  const unload = {
    ...same,
    to: path,
    query: rejecting(() => renderSql(query, scope), 'query: '),
    ...(iamRole !== undefined && { iamRole: rejecting(() => renderText(iamRole, scope), 'iamRole: ') }),
  };
  const { definition, interval, seq } = step.run.plan;
  const target = `${definition.name}/${step.definition.id}`;
  const key = step.onceKey();
  const once = { target, unit: `${target}/${interval.id}`, key, seq };
  const prepare = brief(`${step.definition.id}: prepares the unload`, LISTS);
  const plan = await prepare.prepareUnload({ warehouse, unload, once });
  const finished = await runOnce(step, { warehouse, what: 'the unload', plan, key, rows: 0 });
  const read = brief(`${step.definition.id}: reads what was unloaded`, LISTS);
  const written = await toComplete(() => read.readUnload({ unload, key }));
  const ms = finished?.statements?.statements?.[plan.before]?.ms;
  return {
    path,
    output: { path, format: args.format },
    ...written,
    ...(ms !== undefined && { unloadMs: ms }),
  };
}
