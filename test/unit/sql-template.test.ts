import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../src/domain/definition.ts';
import { quotedTemplates, renderSql, splitStatements, sqlLiteral } from '../../src/domain/sql-template.ts';
import { scope } from './scope.ts';

describe('literals', () => {
  test.each<[Json, string]>([
    [0, '0'],
    [42, '42'],
    [-42, '(-42)'],
    [0.5, '0.5'],
    [-1.25, '(-1.25)'],
    [1e21, '1000000000000000000000'],
    [1.5e22, '15000000000000000000000'],
    [1e-7, '0.0000001'],
    [-1.5e-8, '(-0.000000015)'],
    [9007199254740991, '9007199254740991'],
    [true, 'true'],
    [false, 'false'],
    ['2001-01-05', "DATE '2001-01-05'"],
    ['2000-02-29', "DATE '2000-02-29'"],
    ['2001-02-29', "'2001-02-29'"],
    ['2001-13-01', "'2001-13-01'"],
    ['0000-01-01', "'0000-01-01'"],
    ['2001-01-05T00:00:00-05:00', "'2001-01-05T00:00:00-05:00'"],
    ['JFK', "'JFK'"],
    ['', "''"],
    ['São Paulo; -- 100 % /* € 😀', "'São Paulo; -- 100 % /* € 😀'"],
    [['JFK', 'LAX'], "('JFK', 'LAX')"],
    [[1, -2, '2001-01-05'], "(1, (-2), DATE '2001-01-05')"],
  ])('%j', (value, expected) => expect(sqlLiteral(value)).toBe(expected));

  test.each<[Json, string]>([
    [null, 'null'],
    [{ a: 1 }, '{"a":1}'],
    [[], 'the list is empty'],
    [[1, null], 'null'],
    [[1, [2]], '[2]'],
    ["O'Hare", `"O'Hare"`],
    ['say "hi"', 'hi'],
    ['back\\slash', 'slash'],
    ['tick`', 'tick'],
    ['line\nbreak', 'break'],
    ['nul\0', 'nul'],
    ['\u0085', 'control'],
    ['\ud800', 'd800'],
    ['${env:HOME}', 'env:HOME'],
    [1e300, '1e+300'],
    [1e-300, '1e-300'],
    [Infinity, 'Infinity'],
  ])('%j has none', (value, message) => expect(() => sqlLiteral(value)).toThrow(message));

  test('no text gets out of its quotes, however it is read', () => {
    const characters = ["'", '"', '\\', '`', '\n', '$', '{', ';', '-', '/', '*', 'a', ' '];
    for (const first of characters)
      for (const second of characters)
        for (const third of characters) {
          const text = first + second + third;
          let literal: string;
          try {
            literal = sqlLiteral(text);
          } catch {
            continue;
          }
          expect(literal).toMatch(/^'[^'"`\\\n]*'$/);
          expect(splitStatements(`select ${literal}; select 2`)).toEqual([`select ${literal}`, 'select 2']);
        }
  });
});

describe('templates are values', () => {
  test.each([
    ['where day = ${interval.date}', "where day = DATE '2001-01-05'"],
    ['where d > x -${-params.alertAbove}', 'where d > x -(-10)'],
    ['where origin in ${params.airports}', "where origin in ('JFK', 'LAX')"],
    ['limit ${params.alertAbove + 1}', 'limit 11'],
    ['where name = ${params["name"]}', "where name = 'JFK'"],
    ['where name = ${\'it\' + "s"}', "where name = 'its'"],
    ['from ${ident(params.table)} t', 'from public.routes t'],
    ['from stage_${ ident(params.name) }.x', 'from stage_JFK.x'],
    ['from ${ident("a")}.${ident("b")}', 'from a.b'],
    ["select '$${x}', $${y}", "select '${x}', ${y}"],
    ['select (${params.alertAbove}),${params.alertAbove}', 'select (10),10'],
    ['select 1 -- ${nothing.at.all} ${', 'select 1 -- ${nothing.at.all} ${'],
    ['/* ${a /* ${b} */ ${c} */ ${params.alertAbove}', '/* ${a /* ${b} */ ${c} */ 10'],
    ["'--' || ${params.name}", "'--' || 'JFK'"],
    ["'a''b' || ${params.name}", "'a''b' || 'JFK'"],
    ['"a""b" = ${params.name}', '"a""b" = \'JFK\''],
    ['`a``b` = ${params.name}', "`a``b` = 'JFK'"],
    ["$$it's$$ || ${params.name}", "$$it's$$ || 'JFK'"],
    ["$a$ $$ ' $a$ || ${params.name}", "$a$ $$ ' $a$ || 'JFK'"],
    ['$1 + a$b + ${params.alertAbove} + c$d', '$1 + a$b + 10 + c$d'],
  ])('%s', (text, expected) => expect(renderSql(text, scope)).toBe(expected));

  test.each([
    ['where name = ${params.evil} ', '${params.evil}: the text "x\' or 1=1" has quotes'],
    ['where day = ${steps.mean.row.day}', '${steps.mean.row.day}: null is null, which has no literal in SQL'],
    ['where x = ${steps.routes.output}', '${steps.routes.output}: {"path"'],
    ['from ${ident(params.evil)}', 'is no identifier'],
    ['from ${ident("1x")}', 'is no identifier'],
    ['from ${ident("a; drop table b")}', 'is no identifier'],
    ['from flights_${params.alertAbove}', "can't be a part of a name"],
    ['${params.alertAbove}_x', "can't be a part of a name"],
    ['${params.name}${params.name}', "can't be a part of a name"],
    ["'a'${params.name}", "can't be a part of a name"],
    ["where day = '${interval.date}'", 'remove the quotes'],
    ['where x = ${ident(params.table)} + ${nope}', 'there is no nope here'],
  ])('%s is an error', (text, message) => expect(() => renderSql(text, scope)).toThrow(message));
});

describe('templates inside of quotes', () => {
  test.each([
    ["where day = '${interval.date}'", ['${interval.date}']],
    ['"${a}" `${b}` ${c}', ['${a}', '${b}']],
    ["'a''${b}'", ['${b}']],
    ['$$ ${a} $$ ${b}', ['${a}']],
    ['$tag$ ${a} $other$ ${b} $tag$ ${c}', ['${a}', '${b}']],
    ["'open ${a}", ['${a}']],
    ["-- '\n${a}", []],
    ["/* ' */ ${a}", []],
    ["'${a}' -- '${b}'", ['${a}']],
    ["${steps['a'].x} = ${b}", []],
    // Where the backslash escapes, the quote goes on; where it doesn't, it has ended.
    [String.raw`'a\' = ${'${a}'}`, ['${a}']],
    [String.raw`'a\'' = ${'${a}'}`, ['${a}']],
    [String.raw`'a\\' = ${'${a}'}`, []],
    [String.raw`'\' -- ' ${'${a}'}`, ['${a}']],
  ])('%s', (text, expected) => {
    const found = quotedTemplates(text).map(({ offset, length }) => text.slice(offset, offset + length));
    expect(found).toEqual(expected);
  });
});

describe('statements', () => {
  test.each<[string, string[]]>([
    ['select 1', ['select 1']],
    ['select 1; select 2;', ['select 1', 'select 2']],
    [';;  ;', []],
    ['select \';\'; select ";", `;`', ["select ';'", 'select ";", `;`']],
    ['select 1 -- a; b\n; select 2 /* ; */', ['select 1 -- a; b', 'select 2 /* ; */']],
    ['select 1; -- done\n', ['select 1']],
    ['/* only */ -- comments', []],
    ['do $$ a; b $$; select 1', ['do $$ a; b $$', 'select 1']],
    [String.raw`select 'a\'; b'; select 2`, [String.raw`select 'a\'; b'`, 'select 2']],
    ["select 'it''s; fine'; select '${;'", ["select 'it''s; fine'", "select '${;'"]],
  ])('%s', (sql, expected) => expect(splitStatements(sql)).toEqual(expected));
});
