import type { ObjectType } from './type.ts';

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-jdbcdatabase.html */
export const jdbcDatabase: ObjectType = {
  role: 'database',
  required: ['connectionString', 'jdbcDriverClass', 'username', '*password'],
  oneOf: [],
  optional: ['databaseName', 'jdbcDriverJarUri'],
  refs: {},
};

/**
 * Reached by its `connectionString`, else by its `clusterId` through the Redshift Data API.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-redshiftdatabase.html
 */
export const redshiftDatabase: ObjectType = {
  role: 'database',
  required: ['username', '*password'],
  oneOf: [['clusterId', 'connectionString']],
  optional: ['databaseName', 'jdbcProperties', 'region'],
  refs: {},
};
