import { describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { ROLE, type S3, type Warehouse, withWarehouse } from './redshift-data-world.ts';

const NULL_ROW = [null, null];

describe('COPY of text in the stand-in for Redshift', () => {
  let s3: S3;
  let warehouse: Warehouse;
  withWarehouse((world) => ({ s3, warehouse } = world));

  let tables = 0;
  /** Makes a table, puts a file and copies it into the table. */
  const load = async (columns: string, body: string | Uint8Array, options: string, list = '') => {
    const table = `t${++tables}`;
    await warehouse.run(`CREATE TABLE ${table} (${columns})`);
    await s3.put(`${table}/file`, body);
    const state = await warehouse.run(`COPY ${table} ${list} FROM 's3://lake/${table}/' ${ROLE} ${options}`);
    return { table, state };
  };
  const rowsOf = async (...args: Parameters<typeof load>) => {
    const { table, state } = await load(...args);
    expect(state.Error).toBeUndefined();
    return warehouse.rows(`SELECT * FROM ${table}`);
  };

  const TWO = 'n int, s varchar(20)';
  test.each([
    [
      'delimited text is separated by |',
      '1|a\r\n2|b',
      '',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['DELIMITER may be a tab', '1\ta\n', String.raw`DELIMITER '\t'`, [[1, 'a']]],
    ['DELIMITER may be a code', '1\u0001a\n', String.raw`DELIMITER AS '\001'`, [[1, 'a']]],
    ['ESCAPE takes what follows a backslash as it is', '1|a\\|b\\\nc\\\\\n', 'ESCAPE', [[1, 'a|b\nc\\']]],
    ['without ESCAPE a backslash is one', '1|a\\b\n', '', [[1, 'a\\b']]],
    [
      'REMOVEQUOTES takes quotes off',
      '1|"a|b"\n2|\'c\'\n',
      'REMOVEQUOTES',
      [
        [1, 'a|b'],
        [2, 'c'],
      ],
    ],
    [
      'NULL AS',
      '1|NULL\nNULL|x\n',
      `NULL AS 'NULL'`,
      [
        [1, null],
        [null, 'x'],
      ],
    ],
    [String.raw`\N is null without NULL AS`, '\\N|\\N\n', '', [NULL_ROW]],
    ['an empty field is an empty string, and null in a number', '|\n', '', [[null, '']]],
    ['EMPTYASNULL', '|\n', 'EMPTYASNULL', [NULL_ROW]],
    ['BLANKSASNULL', ' |  \n', 'BLANKSASNULL', [NULL_ROW]],
    ['TRIMBLANKS', '1|a  \n', 'TRIMBLANKS', [[1, 'a']]],
    ['FILLRECORD', '1\n', 'FILLRECORD', [[1, null]]],
    [
      'IGNOREBLANKLINES',
      '\n1|a\n\n  \n2|b\n',
      'IGNOREBLANKLINES',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['IGNOREHEADER', 'n|s\nmore\n1|a\n', 'IGNOREHEADER AS 2', [[1, 'a']]],
    [
      'TRUNCATECOLUMNS cuts by bytes and keeps characters whole',
      `1|${'é'.repeat(11)}\n`,
      'TRUNCATECOLUMNS',
      [[1, 'é'.repeat(10)]],
    ],
    [
      'FIXEDWIDTH',
      '001éa \n002bb \n',
      `FIXEDWIDTH 'n:3,s:3'`,
      [
        [1, 'éa '],
        [2, 'bb '],
      ],
    ],
    [
      'CSV quotes',
      '1,"a,""b""\nc"\n2,\n',
      'CSV',
      [
        [1, 'a,"b"\nc'],
        [2, ''],
      ],
    ],
    ['CSV with another quote', '1;%a;%%%\n', `CSV QUOTE AS '%' DELIMITER ';'`, [[1, 'a;%']]],
    ['ACCEPTINVCHARS', Buffer.from('1,a\xe9b\n', 'latin1'), `CSV ACCEPTINVCHARS`, [[1, 'a?b']]],
    [
      'several GZIP members are one file',
      Buffer.concat([gzipSync('1,a\n'), gzipSync('2,b\n')]),
      'CSV GZIP',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
  ])('%s', async (_, body, options, rows) => {
    expect(await rowsOf(TWO, body, options)).toEqual(rows);
  });

  test.each([
    ['DATEFORMAT', 'd date', '05/01/2001\n', `DATEFORMAT 'DD/MM/YYYY'`, '2001-01-05'],
    ['DATEFORMAT auto', 'd date', 'Jan 5, 2001\n', `DATEFORMAT 'auto'`, '2001-01-05'],
    [
      'TIMEFORMAT',
      't timestamp',
      '05.01.01 11:02:03 PM\n',
      `TIMEFORMAT 'DD.MM.YY HH12:MI:SS AM'`,
      '2001-01-05 23:02:03',
    ],
    [
      'TIMEFORMAT auto',
      't timestamp',
      '2001-01-05T01:02:03.004Z\n',
      `TIMEFORMAT 'auto'`,
      '2001-01-05 01:02:03.004',
    ],
    ['TIMEFORMAT epochsecs', 't timestamp', '978656523\n', `TIMEFORMAT 'epochsecs'`, '2001-01-05 01:02:03'],
    [
      'TIMEFORMAT epochmillisecs',
      't timestamp',
      '978656523004\n',
      `TIMEFORMAT 'epochmillisecs'`,
      '2001-01-05 01:02:03.004',
    ],
    ['a zone', 't timestamptz', '2001-01-05 01:02:03+02\n', '', '2001-01-04 23:02:03+00'],
    ['ACCEPTANYDATE', 'd date', '2001-02-30\n', `DATEFORMAT 'auto' ACCEPTANYDATE`, null],
    ['decimals are cut', 'n decimal(5,2)', '1.239\n', '', '1.23'],
    ['ROUNDEC rounds them', 'n decimal(5,2)', '1.239\n', 'ROUNDEC', '1.24'],
    ['booleans', 'b boolean', 'Yes\n', '', true],
    ['SUPER', 's super', '{"a": [1, 2.50]}\n', '', '{"a": [1, 2.50]}'],
  ])('%s', async (_, column, body, options, value) => {
    expect(await rowsOf(column, body, options)).toEqual([[value]]);
  });

  test('a column list, defaults and identities', async () => {
    const columns = `id bigint identity(1,1), s varchar(9) default 'x', n int`;
    expect(await rowsOf(columns, '7\n8\n', '', '(n)')).toEqual([
      [1, 'x', 7],
      [2, 'x', 8],
    ]);
    expect(await rowsOf(columns, '5|y|7\n', 'EXPLICIT_IDS')).toEqual([[5, 'y', 7]]);
    expect((await load(columns, '5\n', '', '(id)')).state.Error).toMatch(/"id" needs EXPLICIT_IDS/);
  });

  describe('JSON', () => {
    test("by name: 'auto' and 'auto ignorecase', with nested values as text", async () => {
      const body = '{"N": 1, "s": {"a": [1.50, "é"]}}\n{"n": 2, "s": "t\\u00e9xt"}';
      expect(await rowsOf(TWO, body, `JSON 'auto'`)).toEqual([
        [null, '{"a":[1.50,"é"]}'],
        [2, 'téxt'],
      ]);
      expect(await rowsOf(TWO, body, `FORMAT JSON 'auto ignorecase'`)).toEqual([
        [1, '{"a":[1.50,"é"]}'],
        [2, 'téxt'],
      ]);
    });

    test('by JSONPaths', async () => {
      await s3.put('paths.json', JSON.stringify({ jsonpaths: ['$.id', `$['a'].b[1]`] }));
      expect(
        await rowsOf(TWO, '{"id": 12345678, "a": {"b": [0, "x"]}}', `JSON 's3://lake/paths.json'`),
      ).toEqual([[12_345_678, 'x']]);
      await s3.put('wrong.json', JSON.stringify({ jsonpaths: ['$.id[*]', '$.s'] }));
      expect((await load(TWO, '{}', `JSON 's3://lake/wrong.json'`)).state.Error).toMatch(
        /Invalid JSONPath format: '\$\.id\[\*\]'/,
      );
      expect((await load('n int', '{}', `JSON 's3://lake/paths.json'`)).state.Error).toMatch(
        /JSONPath size: 2, Number of columns .*: 1/,
      );
    });

    test('what is no JSON is a load error on its line', async () => {
      const { table, state } = await load(
        TWO,
        '{"n": 1}\n{"n": }\nstray\n{"n":\n2}\n',
        `JSON 'auto' MAXERROR 5`,
      );
      expect(state).toMatchObject({ Status: 'FINISHED', ResultRows: 2 });
      expect(await warehouse.rows(`SELECT n FROM ${table} ORDER BY 1`)).toEqual([[1], [2]]);
      const errors = await warehouse.rows(
        `SELECT line_number, raw_line FROM stl_load_errors WHERE query = ${state.RedshiftQueryId} ORDER BY 1`,
      );
      expect(errors).toEqual([
        [2, '{"n": }'],
        [3, 'stray'],
      ]);
    });
  });

  describe('bad rows', () => {
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
      expect(await warehouse.rows(`SELECT count(*) FROM ${table}`)).toEqual([[1]]);
      const errors = await warehouse.rows(
        `SELECT trim(filename), line_number, raw_line, colname, type, err_code, err_reason FROM stl_load_errors
         WHERE query = ${state.RedshiftQueryId} ORDER BY line_number`,
      );
      expect(errors).toEqual(
        BAD.map(([line, ...rest], n) => [`s3://lake/${table}/file`, n + 2, line, ...rest]),
      );
      const details = await warehouse.rows(
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
      expect(await warehouse.rows(`SELECT count(*) FROM ${table}`)).toEqual([[0]]);
      expect(
        await warehouse.rows(
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
      expect(await warehouse.rows(`SELECT count(*) FROM ${table}`)).toEqual([[0]]);
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

  test('a file that comes in many pieces', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => `${n},"line ${n}\nof, two ""lines"" é"`);
    const { table, state } = await load('n int, s varchar(60)', gzipSync(rows.join('\r\n')), 'CSV GZIP');
    expect(state).toMatchObject({ Status: 'FINISHED', ResultRows: 60_000 });
    expect(await warehouse.rows(`SELECT sum(n), min(len(s)), max(s) FROM ${table}`)).toEqual([
      [(60_000 * 59_999) / 2, 24, 'line 9999\nof, two "lines" é'],
    ]);
  });

  test('what was loaded last is known in the session', async () => {
    await warehouse.run('CREATE TABLE counted (n int)');
    await s3.put('counted', '1\n2\n3\n');
    const state = await warehouse.run([
      `COPY counted FROM 's3://lake/counted' ${ROLE}`,
      'SELECT pg_last_copy_count(), pg_last_copy_id()',
    ]);
    expect(await warehouse.rowsOf(`${state.Id}:2`)).toEqual([[3, state.SubStatements![0]!.RedshiftQueryId]]);
  });

  test.each([
    ['CSV ESCAPE', /CSV is not compatible with ESCAPE/],
    [`CSV FIXEDWIDTH 'n:1'`, /FIXEDWIDTH is not compatible with CSV/],
    [`JSON 'auto' DELIMITER ','`, /JSON is not compatible with DELIMITER/],
    [`JSON 'noshred'`, /JSON 'noshred' is not supported/],
    [`DELIMITER ',,'`, /must be a single ASCII character/],
    [`QUOTE '"'`, /QUOTE is only valid with CSV/],
    ['MAXERROR 100001', /MAXERROR must be from 0 to 100000/],
    ['BZIP2', /BZIP2 is not supported .* use GZIP/],
    [`ENCODING UTF16`, /ENCODING UTF16 is not supported/],
    ['ACCEPTANYDATE', /needs DATEFORMAT/],
    ['GZIP GZIP', /redundant options: GZIP/],
    [`DATEFORMAT 'DD'`, /Invalid date or time format 'DD'/],
  ])('refused: %s', async (options, error) => {
    expect((await load('n int, d date', '1|2001-01-05', options)).state.Error).toMatch(error);
  });
});
