import { ROLE, type S3, type Warehouse, withWarehouse } from './redshift-data-world.ts';

/** A warehouse to which files are put and copied by COPY, each into a table of its own. */
export function withCopies() {
  let world: { s3: S3; warehouse: Warehouse };
  withWarehouse((made) => (world = made));

  let tables = 0;
  /** Makes a table, puts a file and copies it into the table. */
  const load = async (columns: string, body: string | Uint8Array, options: string, list = '') => {
    const table = `t${++tables}`;
    await world.warehouse.run(`CREATE TABLE ${table} (${columns})`);
    await world.s3.put(`${table}/file`, body);
    const copy = `COPY ${table} ${list} FROM 's3://lake/${table}/' ${ROLE} ${options}`;
    return { table, state: await world.warehouse.run(copy) };
  };
  const rowsOf = async (...args: Parameters<typeof load>) => {
    const { table, state } = await load(...args);
    if (state.Error !== undefined) throw new Error(state.Error);
    return world.warehouse.rows(`SELECT * FROM ${table}`);
  };
  return { world: () => world, load, rowsOf };
}
