import { beforeAll, describe, expect, test } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { ROLE, type S3, type Warehouse, withWarehouse } from './redshift-data-world.ts';

const TYPES =
  'i int, l bigint, h smallint, f float8, b boolean, d date, t timestamp, n decimal(38,2), s varchar(20), c char(2), j super';
const VALUES = `(1, 9007199254740993, 2, 1.5, true, '2001-01-05', '1969-12-31 23:59:59.000004',
  -12345678901234567890123456789012345.67, 'a|"b'',\\nc\\\\é', 'x', '{"a": 1}')`;

describe('UNLOAD in the stand-in for Redshift', () => {
  let s3: S3;
  let warehouse: Warehouse;
  withWarehouse((world) => ({ s3, warehouse } = world));
  beforeAll(async () => {
    await warehouse.run([
      `CREATE TABLE all_types (${TYPES})`,
      `INSERT INTO all_types VALUES ${VALUES}, (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
      'CREATE TABLE days (day date, origin varchar(9), n int)',
      `INSERT INTO days VALUES ('2001-01-05', 'SEA', 1), ('2001-01-05', 'A/B', 2), ('2001-01-06', 'SEA', 3), (NULL, 'SEA', 4)`,
    ]);
  });

  const unload = (query: string, to: string, options = '') =>
    warehouse.run(`UNLOAD ('${query.replaceAll("'", "''")}') TO 's3://lake/${to}' ${ROLE} ${options}`);
  const text = async (key: string) => new TextDecoder().decode(await s3.get(key));

  test('Parquet: every type, as another reader sees it, and COPY takes it back', async () => {
    const state = await unload('SELECT * FROM all_types', 'types/', 'FORMAT AS PARQUET MANIFEST VERBOSE');
    expect(state.Error).toBeUndefined();
    expect(state.ResultRows).toBe(2);
    expect(await s3.keys('types/')).toEqual(['types/0000_part_00.parquet', 'types/manifest']);
    expect(await s3.readParquet('types/0000_part_00.parquet', true)).toEqual([
      ['i', 'INTEGER'],
      ['l', 'BIGINT'],
      ['h', 'SMALLINT'],
      ['f', 'DOUBLE'],
      ['b', 'BOOLEAN'],
      ['d', 'DATE'],
      ['t', expect.stringMatching(/^TIMESTAMP/)],
      ['n', 'DECIMAL(38,2)'],
      ['s', 'VARCHAR'],
      ['c', 'VARCHAR'],
      ['j', 'VARCHAR'],
    ]);
    const [first, second] = await s3.readParquet('types/0000_part_00.parquet');
    expect(first!.map(String)).toEqual([
      ...[
        '1',
        '9007199254740993',
        '2',
        '1.5',
        'true',
        '2001-01-05',
        expect.stringMatching('^1969-12-31 23:59:59.000004'),
      ],
      ...['-12345678901234567890123456789012345.67', 'a|"b\',\nc\\é', 'x ', '{"a": 1}'],
    ]);
    expect(second).toEqual(Array.from({ length: 11 }, () => null));

    const manifest = JSON.parse(await text('types/manifest'));
    const bytes = (await s3.get('types/0000_part_00.parquet')).length;
    expect(manifest).toMatchObject({
      entries: [
        { url: 's3://lake/types/0000_part_00.parquet', meta: { content_length: bytes, record_count: 2 } },
      ],
      meta: { content_length: bytes, record_count: 2 },
    });
    expect(manifest.schema.elements[7]).toEqual({
      name: 'n',
      type: { base: 'numeric', precision: 38, scale: 2 },
    });

    await warehouse.run('CREATE TABLE back (LIKE all_types)');
    const copied = await warehouse.run(
      `COPY back FROM 's3://lake/types/manifest' ${ROLE} FORMAT PARQUET MANIFEST`,
    );
    expect(copied.Error).toBeUndefined();
    expect(
      await warehouse.rows('SELECT count(*) FROM (SELECT * FROM all_types INTERSECT SELECT * FROM back) x'),
    ).toEqual([[2]]);
  });

  test.each([
    ['delimited text with ESCAPE', 'ESCAPE', `NULL AS '@'`],
    ['delimited text with ADDQUOTES', `ADDQUOTES ESCAPE DELIMITER '\\t'`, `REMOVEQUOTES DELIMITER '\\t'`],
    ['CSV', 'FORMAT CSV HEADER', 'CSV IGNOREHEADER 1'],
    ['CSV in GZIP', `CSV GZIP DELIMITER ';'`, `CSV GZIP DELIMITER ';'`],
  ])('%s comes back as it was', async (name, out, back) => {
    const folder = name.replaceAll(' ', '-');
    const types = `i, l, h, f, b, d, t, n, s, j`;
    const isText = name.startsWith('delimited');
    const nulls = `NULL AS '@'`;
    const state = await unload(`SELECT ${types} FROM all_types`, `${folder}/`, `${out} ${nulls}`);
    expect(state.Error).toBeUndefined();
    await warehouse.run([
      `DROP TABLE IF EXISTS back_text`,
      `CREATE TABLE back_text AS SELECT ${types} FROM all_types WHERE false`,
    ]);
    const copied = await warehouse.run(
      `COPY back_text FROM 's3://lake/${folder}/' ${ROLE} ${back.replace(nulls, '')} ${nulls} ${isText ? 'ESCAPE' : ''}`,
    );
    expect(copied.Error).toBeUndefined();
    expect(
      await warehouse.rows(
        `SELECT count(*) FROM (SELECT ${types} FROM all_types INTERSECT SELECT ${types} FROM back_text) x`,
      ),
    ).toEqual([[2]]);
  });

  test('JSON lines, and columns of fixed width', async () => {
    await unload('SELECT i, l, b, s, j FROM all_types WHERE i = 1', 'json/x', "JSON EXTENSION 'json'");
    expect(
      JSON.parse((await text('json/x0000_part_00.json')).replace('9007199254740993', '"9007199254740993"')),
    ).toEqual({
      ...{ i: 1, l: '9007199254740993', b: true },
      ...{ s: 'a|"b\',\nc\\é', j: { a: 1 } },
    });
    await unload('SELECT i, c FROM all_types ORDER BY i', 'fixed/', `FIXEDWIDTH 'i:3,c:4'`);
    expect(await text('fixed/0000_part_00')).toBe('1  x   \n       \n');
  });

  test('GZIP, HEADER and PARALLEL OFF', async () => {
    await unload('SELECT day, n FROM days ORDER BY n', 'zip/p_', 'PARALLEL OFF GZIP HEADER');
    expect(await s3.keys('zip/')).toEqual(['zip/p_000.gz']);
    expect(gunzipSync(await s3.get('zip/p_000.gz')).toString()).toBe(
      'day|n\n2001-01-05|1\n2001-01-05|2\n2001-01-06|3\n|4\n',
    );
  });

  test('PARTITION BY makes folders, without the columns in the files unless INCLUDE says so', async () => {
    const state = await unload(`SELECT * FROM days`, 'parts', 'PARQUET PARTITION BY (day, origin) MANIFEST');
    expect(state.Error).toBeUndefined();
    expect(state.ResultRows).toBe(4);
    expect(await s3.keys('parts/')).toEqual([
      'parts/day=2001-01-05/origin=A%2FB/0000_part_00.parquet',
      'parts/day=2001-01-05/origin=SEA/0000_part_00.parquet',
      'parts/day=2001-01-06/origin=SEA/0000_part_00.parquet',
      'parts/day=__HIVE_DEFAULT_PARTITION__/origin=SEA/0000_part_00.parquet',
      'parts/manifest',
    ]);
    expect(await s3.readParquet('parts/day=2001-01-06/origin=SEA/0000_part_00.parquet')).toEqual([[3]]);
    await unload(`SELECT * FROM days`, 'included/', 'CSV PARTITION BY (day) INCLUDE');
    expect(await text('included/day=2001-01-06/0000_part_00')).toBe('2001-01-06,SEA,3\n');
  });

  test('MAXFILESIZE cuts into files', async () => {
    const query = `SELECT i::int AS i, repeat('x', 1000)::varchar(1000) AS x FROM generate_series(1, 12000) g(i) ORDER BY 1`;
    await unload(query, 'sized/', 'MAXFILESIZE 5 MB MANIFEST');
    const files = (await s3.keys('sized/')).filter((key) => !key.endsWith('manifest'));
    expect(files).toEqual(['sized/0000_part_00', 'sized/0000_part_01', 'sized/0000_part_02']);
    for (const file of files) expect((await s3.get(file)).length).toBeLessThanOrEqual(5 * 1024 * 1024);
    await unload(query, 'sized-parquet/', 'PARQUET MAXFILESIZE AS 5 MB');
    expect(await s3.keys('sized-parquet/')).toHaveLength(3);
    await warehouse.run('CREATE TABLE sized (i int, x varchar(1000))');
    const copied = await warehouse.run(`COPY sized FROM 's3://lake/sized-parquet/' ${ROLE} PARQUET`);
    expect(copied.Error).toBeUndefined();
    expect(await warehouse.rows('SELECT count(DISTINCT i), min(len(x)) FROM sized')).toEqual([
      [12_000, 1000],
    ]);
  });

  test('what is there is an error, is overwritten, or is cleaned away', async () => {
    await s3.put('taken/old', 'x');
    expect((await unload('SELECT 1', 'taken/')).Error).toMatch(/destination on S3 is not empty/);
    expect((await unload('SELECT 1', 'taken/', 'ALLOWOVERWRITE')).Error).toBeUndefined();
    expect(await s3.keys('taken/')).toEqual(['taken/0000_part_00', 'taken/old']);
    expect((await unload('SELECT 2', 'taken/', 'CLEANPATH')).Error).toBeUndefined();
    expect(await s3.keys('taken/')).toEqual(['taken/0000_part_00']);
    await s3.put('cleaned/n=1/old', 'x');
    await s3.put('cleaned/n=2/old', 'x');
    await unload('SELECT 1 AS n, 2 AS m', 'cleaned/', 'CLEANPATH PARTITION BY (n)');
    expect(await s3.keys('cleaned/')).toEqual(['cleaned/n=1/0000_part_00', 'cleaned/n=2/old']);
  });

  test('no rows: an empty file of text, and none of Parquet', async () => {
    expect(await unload('SELECT * FROM days WHERE false', 'none/', 'CSV HEADER')).toMatchObject({
      ResultRows: 0,
    });
    expect(await text('none/0000_part_00')).toBe('day,origin,n\n');
    await unload('SELECT * FROM days WHERE false', 'none-parquet/', 'PARQUET MANIFEST');
    expect(JSON.parse(await text('none-parquet/manifest'))).toEqual({ entries: [] });
  });

  test('what was unloaded is in the log, and its count in the session', async () => {
    const batch = await warehouse.run([
      `UNLOAD ($$SELECT NVL(origin, 'x') FROM days$$) TO 's3://lake/logged/' ${ROLE} CSV`,
      'SELECT pg_last_unload_count()',
    ]);
    expect(await warehouse.rowsOf(`${batch.Id}:2`)).toEqual([[4]]);
    const query = batch.SubStatements![0]!.RedshiftQueryId;
    const bytes = (await s3.get('logged/0000_part_00')).length;
    expect(
      await warehouse.rows(
        `SELECT path, line_count, transfer_size FROM stl_unload_log WHERE query = ${query}`,
      ),
    ).toEqual([['s3://lake/logged/0000_part_00', 4, bytes]]);
    expect(
      await warehouse.rows(
        `SELECT unloaded_rows, unloaded_files_count FROM sys_unload_history WHERE query_id = ${query}`,
      ),
    ).toEqual([[4, 1]]);
  });

  test.each([
    ['SELECT * FROM days LIMIT 5', '', /Limit clause is not supported/],
    ['DELETE FROM days', '', /UNLOAD takes only a SELECT/],
    ['SELECT nothing FROM days', '', /column "nothing" does not exist/],
    ['SELECT * FROM days', 'PARTITION BY (nothing)', /column "nothing" does not exist/],
    ['SELECT day FROM days', 'PARTITION BY (day)', /use INCLUDE/],
    ['SELECT * FROM days', 'PARQUET GZIP', /GZIP is not supported for UNLOAD to PARQUET/],
    ['SELECT * FROM days', 'JSON HEADER', /HEADER is not supported for UNLOAD to JSON/],
    ['SELECT * FROM days', 'CLEANPATH ALLOWOVERWRITE', /ALLOWOVERWRITE and CLEANPATH at once/],
    ['SELECT * FROM days', 'MAXFILESIZE 1 MB', /between 5 MB and 6.2 GB/],
    ['SELECT * FROM days', 'ZSTD', /option ZSTD is not supported/],
    ['SELECT * FROM days', 'SHINY', /option SHINY is not supported/],
    ['SELECT sum(n::numeric(9,2)) AS total FROM days', 'PARQUET', /cast it, as in total::numeric\(38,2\)/],
  ])('refused: %s %s', async (query, options, error) => {
    expect((await unload(query, 'refused/', options)).Error).toMatch(error);
    expect(await s3.keys('refused/')).toEqual([]);
  });

  test('without authorization, and to a bucket that is not there', async () => {
    expect((await warehouse.run(`UNLOAD ('SELECT 1') TO 's3://lake/x'`)).Error).toMatch(
      /UNLOAD with S3 needs IAM_ROLE/,
    );
    expect((await warehouse.run(`UNLOAD ('SELECT 1') TO 's3://nobucket/x' ${ROLE}`)).Error).toMatch(
      /NoSuchBucket/,
    );
  });
});
