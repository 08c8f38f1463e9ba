import type { BoundObject, Connection, ObjectType } from './type.ts';

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-jdbcdatabase.html */
export const jdbcDatabase: ObjectType = {
  role: 'database',
  required: ['connectionString', 'jdbcDriverClass', 'username', '*password'],
  oneOf: [],
  optional: ['databaseName', 'jdbcDriverJarUri'],
  refs: {},
};

/** https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-object-redshiftdatabase.html */
export const redshiftDatabase: ObjectType = {
  role: 'database',
  required: ['username', '*password'],
  oneOf: [['clusterId', 'connectionString']],
  optional: ['databaseName', 'jdbcProperties', 'region'],
  refs: {},
};

const JDBC = /^jdbc:(?:postgresql|redshift):\/\/(?<host>[^:/?]+)(?::(?<port>\d+))?\/(?<database>[^?;]+)/;

/** What `pg` needs to reach a database object. A `clusterId` leads to the warehouse that the stand-in was given. */
export function connectionOf(database: BoundObject, warehouse: Connection | undefined) {
  const connectionString = database.text('connectionString');
  if (connectionString === undefined && warehouse === undefined) {
    throw new Error(
      `${database.id} names a clusterId, and this stand-in was started without a warehouse; give a connectionString`,
    );
  }
  const { jdbc, user, password } =
    connectionString === undefined && warehouse !== undefined
      ? warehouse
      : {
          jdbc: connectionString ?? '',
          user: database.text('username') ?? '',
          password: database.text('*password') ?? '',
        };
  const { host, port, database: name } = JDBC.exec(jdbc)?.groups ?? {};
  if (host === undefined || name === undefined) {
    throw new Error(
      `${database.id}: cannot read the connection string ${jdbc}; write jdbc:postgresql://host:port/database or jdbc:redshift://…`,
    );
  }
  return {
    host,
    port: Number(port ?? 5439),
    user,
    password,
    database: database.text('databaseName') ?? name,
  };
}
