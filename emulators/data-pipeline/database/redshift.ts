import type { Cluster, Redshift } from '../services/redshift.ts';
import type { BoundObject } from '../types/type.ts';
import type { Database } from './database.ts';
import { numbered, splitSql } from './split-sql.ts';

/** Where a RedshiftDatabase is; throws where it has no `clusterId`. */
export function clusterOf(object: BoundObject): Cluster {
  const clusterId = object.text('clusterId');
  if (clusterId === undefined)
    throw new Error(`${object.id} has no clusterId, by which Redshift is reached here`);
  return { clusterId, database: object.text('databaseName') ?? 'dev', user: object.text('username') ?? '' };
}

/** A database that is named by its cluster. */
export function redshiftDatabase(object: BoundObject, redshift: Redshift): Database {
  const cluster = clusterOf(object);
  return {
    async run(script, args, signal) {
      const statements = splitSql(script);
      const [statement = '', ...more] = statements;
      if (args.length === 0 && more.length > 0) return redshift.transaction(cluster, statements, signal);
      if (args.length > 0 && more.length > 0)
        throw new Error(`with arguments a script is one statement, and this one has ${statements.length}`);
      const asked = args.length === 0 ? statement : numbered(statement, (number) => `:arg${number}`);
      await redshift.run(cluster, asked, args, signal);
    },
    select: (query, signal) => redshift.select(cluster, query, signal),
    insert: async () => {
      throw new Error(`rows are not inserted one by one into Redshift here; use a RedshiftCopyActivity`);
    },
    close: async () => undefined,
  };
}
