import type { StepKind, StepOf } from '../../src/domain/definition.ts';
import type { FailureType } from '../../src/domain/failure.ts';
import type { StepRun } from '../step-run.ts';
import { activateDataPipeline } from './activate-data-pipeline.ts';
import { awaitDataPipeline } from './await-data-pipeline.ts';
import { chain } from './chain.ts';
import { check } from './check.ts';
import { ensureCluster } from './ensure-cluster.ts';
import { job } from './job.ts';
import { notify } from './notify.ts';
import { pipeline } from './pipeline.ts';
import { putObject } from './put-object.ts';
import { redshiftCopy } from './redshift-copy.ts';
import { redshiftSql } from './redshift-sql.ts';
import { redshiftUnload } from './redshift-unload.ts';
import { sql } from './sql.ts';
import { waitForData } from './wait-for-data.ts';

/** What each kind of step does. */
const KINDS: { [K in StepKind]: (step: StepRun, definition: StepOf<K>) => Promise<object> } = {
  ensureCluster,
  sql,
  hive: job,
  spark: job,
  presto: job,
  dbExport: job,
  shell: job,
  chain,
  redshiftCopy,
  redshiftUnload,
  redshiftSql,
  check,
  activateDataPipeline,
  awaitDataPipeline,
  waitForData,
  putObject,
  notify,
  pipeline,
};

/** What it is called when a step's time is up. */
export const LATE: Record<StepKind, FailureType> = {
  ensureCluster: 'JobFailed',
  sql: 'JobFailed',
  hive: 'JobFailed',
  spark: 'JobFailed',
  presto: 'JobFailed',
  dbExport: 'JobFailed',
  shell: 'JobFailed',
  chain: 'JobFailed',
  redshiftCopy: 'PublishFailed',
  redshiftUnload: 'JobFailed',
  redshiftSql: 'JobFailed',
  check: 'JobFailed',
  activateDataPipeline: 'JobFailed',
  awaitDataPipeline: 'JobFailed',
  waitForData: 'InputMissing',
  putObject: 'JobFailed',
  notify: 'JobFailed',
  pipeline: 'JobFailed',
};

/** The kinds whose lost work can be named by a ref and taken up again. */
export const ADOPTS: readonly StepKind[] = [
  'sql',
  'hive',
  'spark',
  'presto',
  'dbExport',
  'shell',
  'chain',
  'redshiftSql',
  'check',
];

export function runKind(step: StepRun): Promise<object> {
  const { definition } = step;
  const kind = KINDS[definition.kind] as (
    step: StepRun,
    definition: StepRun['definition'],
  ) => Promise<object>;
  return kind(step, definition);
}
