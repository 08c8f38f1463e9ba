import { CancelStatementCommand, GetStatementResultCommand } from '@aws-sdk/client-redshift-data';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { aws, isRunning, type Warehouse, withWarehouseAlone } from './redshift-data-world.ts';

describe('batches of the stand-in for the Redshift Data API', () => {
  let warehouse: Warehouse;
  withWarehouseAlone((world) => (warehouse = world));

  test('each statement has a state and a result of its own', async () => {
    const state = await warehouse.run([
      'CREATE TABLE parts (n int)',
      'INSERT INTO parts VALUES (1), (2)',
      'SELECT * FROM parts ORDER BY 1',
    ]);
    expect(state).toMatchObject({ Status: 'FINISHED', HasResultSet: true });
    expect(state.SubStatements).toMatchObject([
      { Id: `${state.Id}:1`, Status: 'FINISHED', HasResultSet: false },
      { Id: `${state.Id}:2`, Status: 'FINISHED', ResultRows: 2 },
      {
        Id: `${state.Id}:3`,
        Status: 'FINISHED',
        HasResultSet: true,
        ResultRows: 2,
        QueryString: 'SELECT * FROM parts ORDER BY 1',
      },
    ]);
    const { Records } = await warehouse.client.send(new GetStatementResultCommand({ Id: `${state.Id}:3` }));
    expect(Records).toEqual([[{ longValue: 1 }], [{ longValue: 2 }]]);
  });

  test('the AWS CLI sees that a failed one leaves nothing and which statement failed', async () => {
    await warehouse.run('CREATE TABLE witness (n int)');
    const { url } = warehouse.server;
    const sqls = [
      'INSERT INTO witness VALUES (1)',
      'SELECT 1/(CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) FROM witness',
      'DROP TABLE witness',
    ];
    const { Id } = await aws(
      url,
      'batch-execute-statement',
      '--workgroup-name',
      'local',
      '--database',
      'dev',
      '--sqls',
      ...sqls,
    );
    await warehouse.ended(Id);
    expect(await aws(url, 'describe-statement', '--id', Id)).toMatchObject({
      Status: 'FAILED',
      Error: 'ERROR: division by zero',
      SubStatements: [
        { Status: 'FINISHED', ResultRows: 1 },
        { Status: 'FAILED', Error: 'ERROR: division by zero' },
        { Id: `${Id}:3`, Status: 'ABORTED' },
      ],
    });
    expect(await warehouse.rows('SELECT count(*) FROM witness')).toEqual([[0]]);
  });

  test('AUTO_COMMIT keeps what succeeded', async () => {
    await warehouse.run('CREATE TABLE single (n int)');
    const state = await warehouse.run(
      ['INSERT INTO single VALUES (1)', 'SELECT 1/0', 'INSERT INTO single VALUES (2)'],
      {
        ExecutionMode: 'AUTO_COMMIT',
      } as object,
    );
    expect(state.SubStatements!.map(({ Status }) => Status)).toEqual(['FINISHED', 'FAILED', 'FINISHED']);
    expect(await warehouse.rows('SELECT n FROM single ORDER BY 1')).toEqual([[1], [2]]);
  });

  test('TRUNCATE commits', async () => {
    await warehouse.run(['CREATE TABLE cut (n int)', 'CREATE TABLE kept (n int)']);
    const state = await warehouse.run([
      'INSERT INTO kept VALUES (1)',
      'TRUNCATE cut',
      'INSERT INTO kept VALUES (2)',
      'SELECT 1/0',
    ]);
    expect(state.Status).toBe('FAILED');
    expect(await warehouse.rows('SELECT n FROM kept')).toEqual([[1]]);
  });

  test('what cannot run in a transaction fails the batch', async () => {
    expect((await warehouse.run(['CREATE TABLE v (n int)', 'VACUUM v'])).Error).toBe(
      'ERROR: VACUUM cannot run inside a transaction block',
    );
    expect((await warehouse.run('VACUUM')).Status).toBe('FINISHED');
  });

  test('a literal is read with backslash escapes, so doubled quotes alone are no protection', async () => {
    expect((await warehouse.run(`SELECT '\\'' AS x`)).Status).toBe('FINISHED');
    expect((await warehouse.run(`SELECT 'a\\' AS x`)).Error).toMatch(/unterminated quoted string/);
  });

  /** Lets batches that LOCK the gate go on only when all of them are where they should be. */
  const throughGate = async (batches: string[][], places: number[]) => {
    const holder = await warehouse.submit(['LOCK gate', 'SELECT pg_sleep(60)']);
    while (!(await isRunning(warehouse, holder, 1)));
    const ids = [];
    for (const [n, batch] of batches.entries()) {
      const id = await warehouse.submit(batch);
      ids.push(id);
      while (!(await isRunning(warehouse, id, places[n]!)));
    }
    await warehouse.client.send(new CancelStatementCommand({ Id: holder }));
    return Promise.all(ids.map((id) => warehouse.ended(id)));
  };

  beforeAll(() => warehouse.run('CREATE TABLE gate (n int)'));

  const publish = (key: string, unit: string, lock: string[]) => [
    ...lock,
    `SELECT 1/(CASE WHEN COUNT(*) = 0 THEN 1 ELSE 0 END) FROM ledger WHERE unit = '${unit}'`,
    'LOCK TABLE gate',
    `INSERT INTO facts SELECT '${unit}', n FROM generated`,
    `INSERT INTO ledger VALUES ('${unit}', '${key}')`,
  ];

  test.each([
    {
      unit: 'locked',
      lock: ['LOCK TABLE ledger_lock'],
      places: [2, 0],
      statuses: ['FINISHED', 'FAILED'],
      rows: 5,
    },
    { unit: 'unlocked', lock: [], places: [1, 1], statuses: ['FINISHED', 'FINISHED'], rows: 10 },
  ])('two publishers at once, $unit: $rows rows', async ({ unit, lock, places, statuses, rows }) => {
    await warehouse.run([
      'CREATE TABLE IF NOT EXISTS ledger_lock (n int)',
      'CREATE TABLE IF NOT EXISTS ledger (unit varchar(20), key varchar(20))',
      'CREATE TABLE IF NOT EXISTS facts (unit varchar(20), n int)',
      'CREATE TABLE IF NOT EXISTS generated (n int)',
      'DELETE FROM generated',
      'INSERT INTO generated VALUES (1), (2), (3), (4), (5)',
    ]);
    const states = await throughGate([publish('a', unit, lock), publish('b', unit, lock)], places);
    expect(states.map(({ Status }) => Status)).toEqual(statuses);
    expect(await warehouse.rows(`SELECT count(*) FROM facts WHERE unit = '${unit}'`)).toEqual([[rows]]);
  });

  test('two writers of one row: the second has a serialization error', async () => {
    await warehouse.run(['CREATE TABLE contested (n int)', 'INSERT INTO contested VALUES (1)']);
    const update = ['SELECT * FROM contested', 'LOCK gate', 'UPDATE contested SET n = n + 1'];
    const states = await throughGate([update, update], [1, 1]);
    expect(states.map(({ Status }) => Status)).toEqual(['FINISHED', 'FAILED']);
    expect(states[1]!.Error).toMatch(/^ERROR: 1023\n.*Serializable isolation violation/);
  });

  test('MERGE', async () => {
    await warehouse.run([
      'CREATE TABLE target (id int, v int)',
      'INSERT INTO target VALUES (1, 1)',
      'CREATE TABLE source (LIKE target)',
      'INSERT INTO source VALUES (1, 10), (2, 20)',
    ]);
    const merged = await warehouse.run(
      'MERGE INTO public.target USING source s ON target.id = s.id WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, s.v)',
    );
    expect(merged).toMatchObject({ Status: 'FINISHED', ResultRows: 2 });
    expect(await warehouse.rows('SELECT * FROM target ORDER BY 1')).toEqual([
      [1, 10],
      [2, 20],
    ]);
  });
});
