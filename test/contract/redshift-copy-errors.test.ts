import { describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { withCopies } from './redshift-copy-world.ts';

describe('bad rows in a COPY of text', () => {
  const { world, load } = withCopies();
  const COLUMNS = 'n int not null, d date, s varchar(3), f float8, b bool, c char(2), m decimal(4,1)';
  const BAD = [
    ['x|||||| ', 'n', 'integer', 1207, `Invalid digit, Value 'x', Pos 0, Type: Integer`],
    ['3000000000||||||', 'n', 'integer', 1204, 'Overflow (Integer valid range -2147483648 to 2147483647)'],
    ['||||||', 'n', 'integer', 1213, 'Missing data for not-null field'],
    ['1|2001-13-01|||||', 'd', 'date', 1205, 'Invalid Date format or value'],
    ['1||éé||||', 's', 'varchar', 1204, 'String length exceeds DDL length'],
    ['1|||1.2.3|||', 'f', 'double pre', 1208, `Invalid digit, Value '.', Pos 3, Type: Double`],
    ['1||||maybe||', 'b', 'boolean', 1210, 'Unknown boolean format: maybe'],
    ['1|||||é|', 'c', 'char', 1215, 'Multibyte character not supported for CHAR (Hint: try using VARCHAR)'],
    [
      '1||||||12345',
      'm',
      'numeric',
      1209,
      'Numeric data overflow (result precision), 12345 does not fit numeric(4,1)',
    ],
    ['1|2', 'd', 'date', 1214, 'Delimiter not found'],
    ['1|||||||', '', '', 1202, 'Extra column(s) found'],
  ] as const;

  test('below MAXERROR the good ones are loaded, and every bad one is in the load error tables', async () => {
    const lines = ['1|2001-01-05|abc|1e3|t|ab|123.4', ...BAD.map(([line]) => line)].join('\n');
    const { table, state } = await load(COLUMNS, lines, 'MAXERROR 12');
    expect(state).toMatchObject({ Status: 'FINISHED', ResultRows: 1 });
    expect(await world().warehouse.rows(`SELECT count(*) FROM ${table}`)).toEqual([[1]]);
    const errors = await world().warehouse.rows(
      `SELECT trim(filename), line_number, raw_line, colname, type, err_code, err_reason FROM stl_load_errors
       WHERE query = ${state.RedshiftQueryId} ORDER BY line_number`,
    );
    expect(errors).toEqual(
      BAD.map(([line, ...rest], n) => [`s3://lake/${table}/file`, n + 2, line, ...rest]),
    );
    const details = await world().warehouse.rows(
      `SELECT count(*), min(column_length) FROM sys_load_error_detail WHERE query_id = ${state.RedshiftQueryId} AND column_name = 's'`,
    );
    expect(details).toEqual([[1, '3']]);
  });

  test('at MAXERROR nothing is loaded, and the rows are in the load error tables all the same', async () => {
    const { table, state } = await load('n int', '1\nx\n2\ny\n3\n', 'MAXERROR 2');
    expect(state).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringMatching(/Load into table .* failed.*\n.*line 4, column n: Invalid digit/),
    });
    expect(await world().warehouse.rows(`SELECT count(*) FROM ${table}`)).toEqual([[0]]);
    expect(
      await world().warehouse.rows(
        `SELECT raw_field_value FROM stl_load_errors WHERE query = ${state.RedshiftQueryId} ORDER BY line_number`,
      ),
    ).toEqual([['x'], ['y']]);
  });

  test('NOLOAD checks and loads nothing', async () => {
    const { table, state } = await load('n int', '1\nx\n', 'NOLOAD');
    expect(state.Error).toMatch(/line 2, column n/);
    expect((await load('n int', '1\n', 'NOLOAD')).state).toMatchObject({
      Status: 'FINISHED',
      ResultRows: 0,
    });
    expect(await world().warehouse.rows(`SELECT count(*) FROM ${table}`)).toEqual([[0]]);
  });

  test('bytes that are no UTF-8, an open quote, a broken GZIP', async () => {
    expect((await load('s varchar(9)', Buffer.from('a\xe9b\n', 'latin1'), '')).state.Error).toMatch(
      /invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: e9/,
    );
    expect((await load('s varchar(9)', '"open\n', 'CSV')).state.Error).toMatch(/missing end quote/);
    expect((await load('s varchar(9)', '"a"b\n', 'CSV')).state.Error).toMatch(/Invalid quote formatting/);
    expect((await load('s varchar(9)', gzipSync('a\n').subarray(0, 12), 'GZIP')).state.Error).toMatch(
      /is not a whole GZIP file/,
    );
  });
});
