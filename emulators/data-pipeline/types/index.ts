import { copyActivity } from '../activities/copy-activity.ts';
import { emrActivity } from '../activities/emr-activity.ts';
import { hiveActivity } from '../activities/hive-activity.ts';
import { redshiftCopyActivity } from '../activities/redshift-copy-activity.ts';
import { shellCommandActivity } from '../activities/shell-command-activity.ts';
import { sqlActivity } from '../activities/sql-activity.ts';
import { snsAlarm, terminate } from './actions.ts';
import { csv, custom, tsv } from './data-formats.ts';
import { redshiftDataNode, s3DataNode, sqlDataNode } from './data-nodes.ts';
import { jdbcDatabase, redshiftDatabase } from './databases.ts';
import { exists, s3KeyExists, s3PrefixNotEmpty, shellCommandPrecondition } from './preconditions.ts';
import { ec2Resource, emrCluster } from './resources.ts';
import { schedule } from './schedule.ts';
import type { ObjectType } from './type.ts';

/** The types of pipeline objects that the stand-in knows. */
export const OBJECT_TYPES: Readonly<Record<string, ObjectType>> = {
  CopyActivity: copyActivity,
  EmrActivity: emrActivity,
  HiveActivity: hiveActivity,
  RedshiftCopyActivity: redshiftCopyActivity,
  ShellCommandActivity: shellCommandActivity,
  SqlActivity: sqlActivity,

  CSV: csv,
  Custom: custom,
  TSV: tsv,
  JdbcDatabase: jdbcDatabase,
  RedshiftDatabase: redshiftDatabase,
  RedshiftDataNode: redshiftDataNode,
  S3DataNode: s3DataNode,
  SqlDataNode: sqlDataNode,

  Exists: exists,
  S3KeyExists: s3KeyExists,
  S3PrefixNotEmpty: s3PrefixNotEmpty,
  ShellCommandPrecondition: shellCommandPrecondition,

  Ec2Resource: ec2Resource,
  EmrCluster: emrCluster,
  Schedule: schedule,
  SnsAlarm: snsAlarm,
  Terminate: terminate,
};

export const typeOf = (name: string | undefined): ObjectType | undefined =>
  name !== undefined && Object.hasOwn(OBJECT_TYPES, name) ? OBJECT_TYPES[name] : undefined;
