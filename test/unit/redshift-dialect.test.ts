import { describe, expect, test } from '@jest/globals';
import { translate } from '../../emulators/redshift-data/sql/dialect.ts';
import { tokenize } from '../../emulators/redshift-data/sql/tokens.ts';

const sql = (text: string) => translate(text).sql.replace(/\s+/g, ' ').trim();
const refusal = (text: string, options = {}) => {
  try {
    translate(text, options);
  } catch (error) {
    return (error as Error).message;
  }
  return `accepted: ${text}`;
};

describe('tokens', () => {
  test.each([
    [`'it''s'`, [`'it''s'`]],
    [String.raw`'a\'b' x`, [String.raw`'a\'b'`, 'x']],
    [String.raw`'a\\' x`, [String.raw`'a\\'`, 'x']],
    [`$tag$ it's $$ $tag$ y`, [`$tag$ it's $$ $tag$`, 'y']],
    [`"a""b".c`, [`"a""b"`, '.', 'c']],
    [`a -- 'x\nb /* ' /* nested */ */ c`, ['a', 'b', 'c']],
    [`x::int = :id`, ['x', '::', 'int', '=', ':id']],
    [`1.5e3+.5`, ['1.5e3', '+', '.5']],
    [`E'\\n' #temp`, [`E'\\n'`, '#temp']],
  ])('%s', (text, expected) => {
    expect(tokenize(text).map((token) => token.text)).toEqual(expected);
  });

  test.each([`'open`, `"open`, `/* open`, `$$ open`])('%s does not end', (text) => {
    expect(() => tokenize(text)).toThrow(/unterminated/);
  });
});

describe('CREATE TABLE', () => {
  test.each([
    [
      'create table t (id bigint identity(1,1), a varchar(max) encode zstd, b int encode az64 distkey sortkey)',
      'create table t (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1), a varchar(65535) , b int )',
    ],
    [
      'create table t (a int, b int) diststyle key distkey (a) compound sortkey (a, b) backup no;',
      'create table t (a int, b int) ;',
    ],
    ['create table t (a int) sortkey auto encode auto', 'create table t (a int)'],
    [
      'create table t (a int primary key, b int unique references x(y) not null)',
      'create table t (a int primary key, b int unique not null)',
    ],
    [
      'create table t (a int, b varchar(3), constraint k primary key (a, b), unique (b), foreign key (a) references x (a))',
      'create table t (a int, b varchar(3), primary key (a, b), unique (b))',
    ],
    ['create table t (foreign key (a) references x (a), a int)', 'create table t ( a int)'],
    [
      'create table t (a varchar, b text, c decimal, d datetime)',
      'create table t (a varchar(256), b varchar(256), c numeric(18,0), d timestamp)',
    ],
    ['create table s_1 (like public.t)', 'create table s_1 (like public.t)'],
    ['create table t distkey(a) as select 1 as a', 'create table t as select 1 as a'],
    ['create table #t (a int)', 'create TEMP table "#t" (a int)'],
    [
      `create table t (a timestamp default getdate(), b varchar(20) default 'encode zstd distkey')`,
      `create table t (a timestamp default getdate(), b varchar(20) default 'encode zstd distkey')`,
    ],
    ['alter table t add column a int encode az64', 'alter table t add column a int'],
    ['alter table t add primary key (a)', 'alter table t add primary key (a)'],
    ['alter table t add foreign key (a) references x (a)', 'alter table t SET (fillfactor = 100)'],
  ])('%s', (text, expected) => {
    expect(sql(text).replaceAll(' ,', ',').replaceAll(/ +/g, ' ')).toBe(expected.replaceAll(' ,', ','));
  });
});

describe('functions', () => {
  test.each([
    ['select nvl(a, b), sysdate from t', 'select COALESCE(a, b), sysdate() from t'],
    ['select dateadd(mon, 1, nvl(a, sysdate))', `select dateadd('month', 1, COALESCE(a, sysdate()))`],
    [`select datediff('day', a, b)`, `select datediff('day', a, b)`],
    [
      `select listagg(distinct a, ', ') within group (order by a) from t`,
      `select string_agg(distinct cast(a as text), ', ' order by a) from t`,
    ],
    ['select listagg(a) from t', `select string_agg(cast(a as text), '') from t`],
    ['select top 5 a from t order by a;', 'select a from t order by a LIMIT 5;'],
    ['select * from (select top 1 a from t) x', 'select * from (select a from t LIMIT 1) x'],
    [
      `select 'nvl(a, b) sysdate', "nvl", t.sysdate -- nvl(`,
      `select 'nvl(a, b) sysdate', "nvl", t.sysdate -- nvl(`,
    ],
    [
      'select nvl2(a, nvl(b, 1), c)',
      'select (CASE WHEN (a) IS NOT NULL THEN ( COALESCE(b, 1)) ELSE ( c) END)',
    ],
    [
      `select decode(a, 1, 'x', 2, f(y, z), 'w'), decode(b, 1, 2)`,
      `select (CASE (a) WHEN ( 1) THEN ( 'x') WHEN ( 2) THEN ( f(y, z)) ELSE ( 'w') END), (CASE (b) WHEN ( 1) THEN ( 2) END)`,
    ],
    [
      `select cast(json_parse('{}') as super), cast(nvl(a, cast(b as datetime)) as datetime), x::super as json`,
      `select cast(json_parse('{}') as jsonb), cast(COALESCE(a, cast(b as timestamp)) as timestamp), x::jsonb as json`,
    ],
    [
      `select date_part(dow, a), date_part(qtr, a), date_part('month', a), date_part(w, a)`,
      `select date_part('dow', a), date_part('quarter', a), date_part('month', a), date_part('week', a)`,
    ],
    ['select approximate count(distinct a) from t', 'select count(distinct a) from t'],
    ['select median(a + 1) from t', 'select percentile_cont(0.5) WITHIN GROUP (ORDER BY a + 1) from t'],
    ['select a from t minus select a from s', 'select a from t EXCEPT select a from s'],
    ['select a - minus from t', 'select a - minus from t'],
    [`select doc['a'][0] from t`, `select doc['a'][0] from t`],
    [`set query_group to 'x'`, `set redshift.query_group to 'x'`],
    ['set statement_timeout to 5', 'set statement_timeout to 5'],
    [`select $$nvl(a)$$, 'it\\'s nvl(a)'`, `select $$nvl(a)$$, 'it\\'s nvl(a)'`],
  ])('%s', (text, expected) => {
    expect(sql(text)).toBe(expected);
  });

  test('parameters become numbered ones outside literals', () => {
    const { sql: text, parameters } = translate(`select :b, ':a', :a, :b, :c::int`, {
      parameters: ['a', 'b'],
    });
    expect(text).toBe(`select $1, ':a', $2, $1, :c::int`);
    expect(parameters).toEqual(['b', 'a']);
  });
});

describe('QUALIFY', () => {
  test.each([
    [
      'select t.a, b + 1 as c from t where a > 0 qualify row_number() over (partition by a order by b) = 1 order by c;',
      'SELECT a, c FROM (select t.a, b + 1 as c, (row_number() over (partition by a order by b) = 1) AS qualified from t where a > 0) q WHERE qualified order by c;',
    ],
    [
      'select a, rank() over (order by b) r from t qualify r < 3',
      'SELECT a, r FROM (select a, rank() over (order by b) r from t) q WHERE r < 3',
    ],
    [
      `insert into s select a from (select a from t qualify lag(nvl(a, 0)) over (order by a) = 0) x where 'qualify' = 'qualify'`,
      `insert into s select a from (SELECT a FROM (select a, (lag(COALESCE(a, 0)) over (order by a) = 0) AS qualified from t) q WHERE qualified) x where 'qualify' = 'qualify'`,
    ],
  ])('%s', (text, expected) => {
    expect(sql(text)).toBe(expected);
  });
});

test('MERGE … REMOVE DUPLICATES and ALTER TABLE APPEND', () => {
  expect(sql('merge into public.t using #s on t.a = #s.a remove duplicates')).toBe(
    'WITH removed AS (DELETE FROM public.t using "#s" WHERE t.a = "#s".a ) INSERT INTO public.t SELECT DISTINCT * FROM "#s"',
  );
  expect(sql('alter table public.t append from s filltarget;')).toBe(
    `CALL pg_catalog.redshift_append('public.t', 's', 'filltarget')`,
  );
});

describe('what Redshift refuses', () => {
  test.each([
    ['create index i on t (a)', /SQL command "CREATE INDEX" not supported on Redshift tables/],
    ['create unique index i on t (a)', /"CREATE UNIQUE" not supported/],
    ['create type t as enum (1)', /"CREATE TYPE" not supported/],
    ['create domain d as int', /"CREATE DOMAIN" not supported/],
    ['create trigger t', /"CREATE TRIGGER" not supported/],
    ['insert into t values (1) on conflict do nothing', /syntax error at or near "conflict"/],
    ['delete from t returning *', /syntax error at or near "returning"/],
    ['lock table t in exclusive mode', /syntax error at or near "IN"/],
    ['create table t (a serial)', /Column "t.a" has unsupported type "serial"/],
    ['create table t (a jsonb)', /unsupported type "jsonb"/],
    [`select '{}'::jsonb`, /unsupported type "jsonb"/],
    [`select cast('{}' as json)`, /unsupported type "json"/],
    ['select cast(nvl(cast(a as int), b) as uuid) from t', /unsupported type "uuid"/],
    ['create table t (a int[])', /syntax error at or near "\["/],
    ['create table t (a int check (a > 0))', /CHECK constraints are not supported/],
    ['create table t (a int) partition by range (a)', /syntax error at or near "partition"/],
    ['create table t as select generate_series(1, 3)', /not supported on Redshift tables/],
    ['insert into t select * from generate_series(1, 3)', /not supported on Redshift tables/],
    ['select distinct on (a) a from t', /DISTINCT ON is not supported/],
    ['select count(*) filter (where a > 1) from t', /syntax error at or near "filter"/],
    ['select * from t, lateral (select 1) x', /syntax error at or near "lateral"/],
    ['select string_agg(a, b) from t', /function string_agg\(\.\.\.\) does not exist/],
    ['do $$ begin end $$', /syntax error at or near "do"/],
    ['select 1; select 2', /cannot insert multiple commands/],
    ['merge into t x using s on x.a = s.a when matched then delete', /syntax error at or near "x"/],
    ['merge into t using s on t.a = s.a when matched then delete', /exactly one WHEN MATCHED/],
  ])('%s', (text, expected) => {
    expect(refusal(text)).toMatch(expected);
  });

  test('a transaction has no VACUUM and no ALTER TABLE APPEND', () => {
    const inTransaction = { inTransaction: true };
    expect(refusal('vacuum t', inTransaction)).toBe('VACUUM cannot run inside a transaction block');
    expect(refusal('alter table t append from s', inTransaction)).toBe(
      'ALTER TABLE APPEND cannot run inside a transaction block',
    );
    expect(sql('vacuum full t to 99 percent')).toBe('vacuum t');
  });

  test.each([
    'select * from t qualify row_number() over () = 1',
    'select convert(int, a) from t',
    'select try_cast(a as int) from t',
    'select ratio_to_report(a) over (partition by b) from t',
    'select months_between(a, b) from t',
    `select next_day(a, 'tue') from t`,
    'select * exclude (a) from t',
    'select decode(a, null, 1, 2) from t',
    'select * from t unpivot (a for b in (c, d))',
    'create procedure p() as $$ begin end $$',
    'create function f() returns int',
  ])('what only the stand-in cannot do is named: %s', (text) => {
    expect(refusal(text)).toMatch(
      /(QUALIFY|CREATE PROCEDURE|CREATE FUNCTION|CONVERT|TRY_CAST|EXCLUDE|DECODE|UNPIVOT|RATIO_TO_REPORT|MONTHS_BETWEEN|NEXT_DAY).* is not supported by Millrace's local stand-in/,
    );
  });

  test.each([
    'select "returning" from t',
    'select t.lateral from t',
    `insert into t values ('on conflict returning [')`,
    'select a as "serial" from t',
  ])('names and literals are not mistaken: %s', (text) => {
    expect(sql(text)).toBe(text);
  });
});
