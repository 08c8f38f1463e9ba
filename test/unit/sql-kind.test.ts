import { describe, expect, test } from '@jest/globals';
import { changeIn, isQuery } from '../../src/domain/sql-kind.ts';

describe('a statement that only reads', () => {
  test.each([
    'select 1',
    '-- delete\n/* drop */ SELECT "delete", \'insert into x\' from t',
    '(select 1) union all (select 2)',
    'values (1), (2)',
    'explain select 1',
    'with a as (select 1) select * from a',
    'with recursive a(n, deleted) as (select 1 union all (select n + 1 from a)), b as (select 2) select * from a, b',
    'with "delete" as materialized (select 1 as "update") (select * from "delete")',
    "with a as (select ')' as text) select * from a",
    'with a as (with b as (select 1) select * from b) select count(*) from a',
  ])('%s', (sql) => expect([isQuery(sql), changeIn(sql)]).toEqual([true, undefined]));
});

describe('a statement that does more', () => {
  test.each([
    ['delete from t', 'DELETE 0'],
    ['  /* select */ Update t set n = 1', 'UPDATE 15'],
    ['call refresh()', 'CALL 0'],
    ['create table t as select 1', 'CREATE 0'],
    ['select 1 as n into t', 'INTO 14'],
    ['with a as (select 1) delete from t using a', 'DELETE 21'],
    ['with a(n) as (select (1)), b as (select 2) insert into t select * from a', 'INSERT 43'],
    ['with a as (delete from t returning *) select * from a', 'DELETE 11'],
    ['with a as (select 1), b as not materialized (update t set n = 1) select 1', 'UPDATE 45'],
    ['with a as (select 1) select * into t from a', 'INTO 30'],
  ])('%s', (sql, expected) => {
    const { word, at } = changeIn(sql) ?? {};
    expect([isQuery(sql), `${word} ${at}`]).toEqual([false, expected]);
  });
});
