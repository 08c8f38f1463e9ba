import { jdbcDatabase, redshiftDatabase } from './database.ts';
import { ec2Resource } from './ec2-resource.ts';
import { shellCommandActivity } from './shell-command-activity.ts';
import { sqlActivity } from './sql-activity.ts';
import type { ObjectType } from './type.ts';

/** The types of pipeline objects that the stand-in knows. */
export const OBJECT_TYPES: Readonly<Record<string, ObjectType>> = {
  Ec2Resource: ec2Resource,
  JdbcDatabase: jdbcDatabase,
  RedshiftDatabase: redshiftDatabase,
  ShellCommandActivity: shellCommandActivity,
  SqlActivity: sqlActivity,
};

export const typeOf = (name: string | undefined): ObjectType | undefined =>
  name !== undefined && Object.hasOwn(OBJECT_TYPES, name) ? OBJECT_TYPES[name] : undefined;
