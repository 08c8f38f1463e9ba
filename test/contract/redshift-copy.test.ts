import { beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { ROLE, type S3, type Warehouse, withWarehouse } from './redshift-data-world.ts';

const ALL_TYPES = `SELECT 1::INTEGER AS i, 9007199254740993::BIGINT AS l, 1.5::DOUBLE AS f, true AS b, date '2001-01-05' AS d,
  timestamp '2001-01-05 01:02:03.000004' AS t, -12345678901234567.89::DECIMAL(19,2) AS n, 'tab	and \\ "é"' AS s
  UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`;

const ALL_COLUMNS = `(i int, l bigint, f double precision, b boolean, d date, t timestamp, n decimal(19,2), s varchar(20))`;

describe('COPY in the stand-in for Redshift', () => {
  let s3: S3;
  let warehouse: Warehouse;
  withWarehouse((world) => ({ s3, warehouse } = world));

  const copy = (table: string, from: string, options: string) =>
    warehouse.run(`COPY ${table} FROM 's3://lake/${from}' ${ROLE} ${options}`);

  test.each(['snappy', 'zstd', 'gzip', 'uncompressed'])(
    'Parquet with %s: every type, exactly',
    async (codec) => {
      await s3.putParquet(`types/${codec}/a.parquet`, ALL_TYPES, `, COMPRESSION ${codec}`);
      await warehouse.run(`CREATE TABLE types_${codec} ${ALL_COLUMNS}`);
      const state = await copy(`types_${codec}`, `types/${codec}/`, 'FORMAT AS PARQUET');
      expect(state.Error).toBeUndefined();
      expect(state.ResultRows).toBe(2);
      expect(
        await warehouse.rows(
          `SELECT i, l::varchar(20), f, b, d, t, n, s FROM types_${codec} ORDER BY i NULLS LAST`,
        ),
      ).toEqual([
        [
          1,
          '9007199254740993',
          1.5,
          true,
          '2001-01-05',
          '2001-01-05 01:02:03.000004',
          '-12345678901234567.89',
          'tab	and \\ "é"',
        ],
        Array.from({ length: 8 }, () => null),
      ]);
    },
  );

  test('several files and row groups, by position, into some of the columns', async () => {
    const query = (from: number) =>
      `SELECT (${from} + i)::INTEGER AS other_name, 'x' || i AS y FROM range(10000) r(i)`;
    await s3.putParquet('many/1.parquet', query(0), ', ROW_GROUP_SIZE 2048');
    await s3.putParquet('many/2.parquet', query(10_000));
    await warehouse.run('CREATE TABLE many (id bigint IDENTITY(1,1), s varchar(10), n int, more int)');
    expect((await copy('public.many (n, s)', 'many/', 'FORMAT PARQUET')).ResultRows).toBe(20_000);
    expect(await warehouse.rows('SELECT count(*), sum(n), max(id), min(s), count(more) FROM many')).toEqual([
      [20_000, 199_990_000, 20_000, 'x0', 0],
    ]);
  });

  test.each([
    [
      'SELECT 1::BIGINT AS n',
      'n int',
      /incompatible Parquet schema for column 's3:\/\/lake\/bad\.n'\. Column type: INT, Parquet schema:\noptional int64 n/,
    ],
    ['SELECT 1::INTEGER AS n', 'n bigint', /Column type: BIGINT, Parquet schema:\noptional int32 n/],
    [`SELECT 'x' AS n`, 'n date', /Column type: DATE, Parquet schema:\noptional binary n \(UTF8\)/],
    ['SELECT [1, 2] AS n', 'n int', /Column type: INT, Parquet schema:\noptional group n/],
    ['SELECT 1.5::DECIMAL(8,3) AS n', 'n decimal(8,2)', /Column type: DECIMAL\(8,2\)/],
    [
      'SELECT 1::INTEGER AS n, 2::INTEGER AS m',
      'n int',
      /Unmatched number of columns between table and file. Table columns: 1, Data columns: 2/,
    ],
    [`SELECT 'ééé' AS n`, 'n varchar(5)', /Value too long for character type.*column n .*Table: 5, Data: 6/],
    ['SELECT NULL::INTEGER AS n', 'n int not null', /null value in column "n"/],
  ])('Parquet that does not fit: %s into %s', async (query, column, error) => {
    await s3.putParquet('bad/file.parquet', query);
    await warehouse.run(['DROP TABLE IF EXISTS bad', `CREATE TABLE bad (${column})`]);
    const state = await copy('bad', 'bad/', 'FORMAT PARQUET');
    expect(state.Status).toBe('FAILED');
    expect(state.Error).toMatch(error);
    expect(state.Error).toContain('s3://lake/bad/file.parquet');
    const detail = await warehouse.rows(
      `SELECT file_name, error_message FROM sys_load_error_detail WHERE query_id = ${state.RedshiftQueryId}`,
    );
    expect(detail).toEqual([['s3://lake/bad/file.parquet', expect.stringMatching(/\w/)]]);
  });

  test('a failed load undoes its batch, and the load error stays', async () => {
    await s3.putParquet('half/1.parquet', 'SELECT 1::INTEGER AS n');
    await s3.putParquet('half/2.parquet', `SELECT 'x' AS n`);
    const state = await warehouse.run([
      'CREATE TABLE half (n int)',
      `COPY half FROM 's3://lake/half/' ${ROLE} FORMAT PARQUET`,
      'SELECT 1',
    ]);
    expect(state.SubStatements!.map(({ Status }) => Status)).toEqual(['FINISHED', 'FAILED', 'ABORTED']);
    const id = state.SubStatements![1]!.RedshiftQueryId;
    expect(
      await warehouse.rows(`SELECT column_name, file_name FROM sys_load_error_detail WHERE query_id = ${id}`),
    ).toEqual([['n', 's3://lake/half/2.parquet']]);
    expect((await warehouse.run('SELECT * FROM half')).Error).toMatch(/relation "half" does not exist/);
  });

  test('CSV, with headers, delimiters, gzip, quotes and empty fields', async () => {
    await warehouse.run('CREATE TABLE csv (n int, s varchar(20))');
    await s3.put('csv/a.csv', gzipSync('one\ntwo\n1|"a|""b"\n|\n'));
    const state = await copy('csv', 'csv/a', `CSV GZIP IGNOREHEADER 2 DELIMITER '|' REGION 'us-east-1'`);
    expect(state.Error).toBeUndefined();
    expect(await warehouse.rows('SELECT * FROM csv ORDER BY n')).toEqual([
      [1, 'a|"b'],
      [null, ''],
    ]);
    await s3.put('csv-bad/a.csv', 'n,s\n1,ok\nx,bad\n');
    const failed = await copy('csv', 'csv-bad/', 'FORMAT CSV IGNOREHEADER 1');
    expect(failed.Error).toMatch(
      /Load into table 'csv' failed.*\n.*s3:\/\/lake\/csv-bad\/a.csv, line 3, column n/,
    );
    expect(await warehouse.rows('SELECT count(*) FROM csv')).toEqual([[2]]);
  });

  test('JSON, by name, over several lines', async () => {
    await warehouse.run('CREATE TABLE json (n bigint, s varchar(20), b boolean)');
    await s3.put(
      'json/a.json',
      `{"s": "a}\\n", "n": 9007199254740993}\n{\n"b": true, "ignored": 1,\n"s": null}`,
    );
    expect(await copy('json', 'json/a.json', `FORMAT AS JSON 'auto'`)).toMatchObject({
      Status: 'FINISHED',
      ResultRows: 2,
    });
    expect(await warehouse.rows('SELECT n::varchar(20), s, b FROM json ORDER BY n')).toEqual([
      ['9007199254740993', 'a}\n', null],
      [null, null, true],
    ]);
  });

  test('Parquet whose columns have many pages', async () => {
    const rows = 300_000;
    await s3.putParquet(
      'pages/a.parquet',
      `SELECT i::INTEGER AS n, md5(i::VARCHAR) AS s, (i * 1.5)::DOUBLE AS f FROM range(${rows}) r(i)`,
      `, ROW_GROUP_SIZE ${rows}`,
    );
    await warehouse.run('CREATE TABLE pages (n int, s varchar(32), f float8)');
    const state = await copy('pages', 'pages/', 'FORMAT PARQUET');
    expect(state.Error).toBeUndefined();
    expect(
      await warehouse.rows(
        'SELECT count(n), sum(n), count(DISTINCT s), sum(f) FROM pages WHERE s = md5(n::varchar(9))',
      ),
    ).toEqual([[rows, (rows * (rows - 1)) / 2, rows, (rows * (rows - 1) * 1.5) / 2]]);
  });

  test('Parquet with fewer columns, and bytes that are no UTF-8', async () => {
    await s3.putParquet('short/a.parquet', `SELECT 1::INTEGER AS n, 'a\\xFFb'::BLOB AS s`);
    await warehouse.run('CREATE TABLE short (n int, s varchar(9), more date)');
    expect((await copy('short', 'short/', 'FORMAT PARQUET')).Error).toMatch(/Unmatched number of columns/);
    expect((await copy('short', 'short/', 'FORMAT PARQUET FILLRECORD')).Error).toMatch(
      /invalid or unsupported UTF8/,
    );
    await copy('short', 'short/', `FORMAT PARQUET FILLRECORD ACCEPTINVCHARS '^'`);
    expect(await warehouse.rows('SELECT * FROM short')).toEqual([[1, 'a^b', null]]);
  });

  describe('manifests', () => {
    const manifest = async (entries: object[]) => s3.put('manifest', JSON.stringify({ entries }));
    let bytes: number;
    beforeAll(async () => {
      bytes = await s3.putParquet('listed/a.parquet', 'SELECT 1::INTEGER AS n');
      await s3.putParquet('listed/unlisted.parquet', 'SELECT 2::INTEGER AS n');
      await warehouse.run('CREATE TABLE listed (n int)');
    });
    const url = 's3://lake/listed/a.parquet';
    const gone = { url: 's3://lake/listed/gone.parquet', meta: { content_length: 1 } };

    test('load what they list, and pass over what may be missing', async () => {
      await manifest([{ url, mandatory: true, meta: { content_length: bytes } }, gone]);
      expect(await copy('listed', 'manifest', 'FORMAT PARQUET MANIFEST')).toMatchObject({
        Status: 'FINISHED',
        ResultRows: 1,
      });
    });

    test.each([
      [[{ ...gone, mandatory: true }], /Error NoSuchKey.*gone.parquet/],
      [[gone], /No files found/],
      [[{ url }], /needs meta.content_length/],
      [[{ url, meta: { content_length: 1 } }], /has \d+ bytes, but the manifest says 1/],
      [[{ link: url }], /Invalid manifest file/],
    ])('that are wrong: %j', async (entries, error) => {
      await manifest(entries);
      expect((await copy('listed', 'manifest', 'FORMAT PARQUET MANIFEST')).Error).toMatch(error);
    });

    test('that are missing', async () => {
      expect((await copy('listed', 'nowhere', 'FORMAT PARQUET MANIFEST')).Error).toMatch(
        /Problem reading manifest file/,
      );
    });
  });

  test.each([
    [
      `FROM 's3://lake/nowhere/' ${ROLE} FORMAT PARQUET`,
      /The specified S3 prefix 'nowhere\/' does not exist/,
    ],
    [`FROM 's3://nobucket/x' ${ROLE} FORMAT PARQUET`, /NoSuchBucket/],
    [`FROM 's3://lake/x' IAM_ROLE 'me' FORMAT PARQUET`, /Invalid IAM role 'me'/],
    [`FROM 's3://lake/x' FORMAT PARQUET`, /needs IAM_ROLE/],
    [
      `FROM 's3://lake/x' ${ROLE} FORMAT PARQUET MAXERROR 5`,
      /MAXERROR argument is not supported for PARQUET/,
    ],
    [
      `FROM 's3://lake/x' ${ROLE} FORMAT PARQUET DATEFORMAT 'auto'`,
      /DATEFORMAT argument is not supported for PARQUET/,
    ],
    [`FROM 's3://lake/x' ${ROLE} FORMAT ORC`, /FORMAT ORC is not supported by Millrace's local stand-in/],
    [`FROM 's3://lake/x' ${ROLE} FORMAT AVRO 'auto'`, /FORMAT AVRO is not supported/],
    [`FROM STDIN`, /syntax error at or near "STDIN"/],
    [`TO 's3://lake/x'`, /syntax error at or near "TO"/],
    [`FROM 's3://lake/json/' ${ROLE} FORMAT PARQUET`, /is not a Parquet file/],
  ])('refused: COPY t %s', async (rest, error) => {
    await warehouse.run('CREATE TABLE IF NOT EXISTS t (n int)');
    expect((await warehouse.run(`COPY t ${rest}`)).Error).toMatch(error);
  });
});
