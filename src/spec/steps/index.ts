import type { StepKind } from '../../domain/definition.ts';
import { activateDataPipeline } from './activate-data-pipeline.ts';
import { awaitDataPipeline } from './await-data-pipeline.ts';
import { check } from './check.ts';
import { chain } from './chain.ts';
import { dbExport } from './db-export.ts';
import { hive } from './hive.ts';
import { presto } from './presto.ts';
import { shell } from './shell.ts';
import { spark } from './spark.ts';
import { ensureCluster } from './ensure-cluster.ts';
import { notify } from './notify.ts';
import { pipeline } from './pipeline.ts';
import { putObject } from './put-object.ts';
import { redshiftCopy } from './redshift-copy.ts';
import { redshiftSql } from './redshift-sql.ts';
import { redshiftUnload } from './redshift-unload.ts';
import { sql } from './sql.ts';
import { waitForData } from './wait-for-data.ts';

/** What the loader knows of each kind of step: to add one is to add a file here, and its line. */
export const KIND_SPECS = {
  ensureCluster,
  sql,
  hive,
  spark,
  presto,
  dbExport,
  shell,
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

export const KINDS = Object.keys(KIND_SPECS) as StepKind[];
