import { describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { withCopies } from './redshift-copy-world.ts';
import { ROLE } from './redshift-data-world.ts';

const NULL_ROW = [null, null];

describe('COPY of text in the stand-in for Redshift', () => {
  const { world, load, rowsOf } = withCopies();

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
      await world().s3.put('paths.json', JSON.stringify({ jsonpaths: ['$.id', `$['a'].b[1]`] }));
      expect(
        await rowsOf(TWO, '{"id": 12345678, "a": {"b": [0, "x"]}}', `JSON 's3://lake/paths.json'`),
      ).toEqual([[12_345_678, 'x']]);
      await world().s3.put('wrong.json', JSON.stringify({ jsonpaths: ['$.id[*]', '$.s'] }));
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
      expect(await world().warehouse.rows(`SELECT n FROM ${table} ORDER BY 1`)).toEqual([[1], [2]]);
      const errors = await world().warehouse.rows(
        `SELECT line_number, raw_line FROM stl_load_errors WHERE query = ${state.RedshiftQueryId} ORDER BY 1`,
      );
      expect(errors).toEqual([
        [2, '{"n": }'],
        [3, 'stray'],
      ]);
    });
  });

  test('a file that comes in many pieces', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => `${n},"line ${n}\nof, two ""lines"" é"`);
    const { table, state } = await load('n int, s varchar(60)', gzipSync(rows.join('\r\n')), 'CSV GZIP');
    expect(state).toMatchObject({ Status: 'FINISHED', ResultRows: 60_000 });
    expect(await world().warehouse.rows(`SELECT sum(n), min(len(s)), max(s) FROM ${table}`)).toEqual([
      [(60_000 * 59_999) / 2, 24, 'line 9999\nof, two "lines" é'],
    ]);
  });

  test('what was loaded last is known in the session', async () => {
    await world().warehouse.run('CREATE TABLE counted (n int)');
    await world().s3.put('counted', '1\n2\n3\n');
    const state = await world().warehouse.run([
      `COPY counted FROM 's3://lake/counted' ${ROLE}`,
      'SELECT pg_last_copy_count(), pg_last_copy_id()',
    ]);
    expect(await world().warehouse.rowsOf(`${state.Id}:2`)).toEqual([
      [3, state.SubStatements![0]!.RedshiftQueryId],
    ]);
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
