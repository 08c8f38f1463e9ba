import { expect, test } from '@jest/globals';
import { loadText, words } from './load-text.ts';

const STEPS = 'steps: [{ id: a, notify: { webhook: w, message: x } }]';
const withEvents = (events: string, more = '') => `name: p\n${more}events:\n${events}\n${STEPS}\n`;

test('events become sources, with their defaults', async () => {
  const { definition, problems } = await loadText(
    withEvents(`
  - { s3: { bucket: raw }, path: "flights/dt={date}/" }
  - { s3: { bucket: raw, prefix: ord }, path: "orders/{year}/{month}/{day}/", count: 24, late: rerun, lateWindow: 2d }
  - { s3: { bucket: raw }, path: "c/{date}/*.csv", marker: _SUCCESS, settle: 0s }`),
  );
  expect(problems).toEqual([]);
  expect(definition?.events).toEqual([
    {
      bucket: 'raw',
      prefix: 'flights/dt=',
      path: 'flights/dt={date}/',
      settleMs: 30_000,
      lateSettleMs: 30_000,
      late: 'report',
      lateWindowMs: 86_400_000,
    },
    {
      bucket: 'raw',
      prefix: 'ord',
      path: 'orders/{year}/{month}/{day}/',
      settleMs: 0,
      lateSettleMs: 30_000,
      count: 24,
      late: 'rerun',
      lateWindowMs: 172_800_000,
    },
    {
      bucket: 'raw',
      prefix: 'c/',
      path: 'c/{date}/*.csv',
      settleMs: 0,
      lateSettleMs: 0,
      marker: '_SUCCESS',
      late: 'report',
      lateWindowMs: 86_400_000,
    },
  ]);
});

const raw = (path: string, more = '') => `  - { s3: { bucket: raw }, path: "${path}"${more} }`;

test.each([
  [
    'which interval it is',
    withEvents(raw('flights/{month}/')),
    "bad-path 3:34: the path doesn't say which day the data is of; write {date}, or {year} and {month} and {day}, or {interval} into it",
  ],
  [
    'the hour of an hour',
    withEvents(raw('flights/{date}/'), 'schedule: { covers: hour }\n'),
    "bad-path 4:34: the path doesn't say which hour the data is of; write {date} and {hour}, or {year} and {month} and {day} and {hour}, or {interval} into it",
  ],
  [
    'a capture that there is',
    withEvents(raw('flights/{dat}/')),
    'bad-path 3:34: there is no capture {dat}; write one of {date}, {year}, {month}, {day}, {hour}, {week}, {interval}',
  ],
  [
    'braces around one',
    withEvents(raw('flights/{date:yyyy}/')),
    'bad-path 3:34: "flights/{date:yyyy}/" has a brace that is no capture; write {date}, {year}, {month}, {day}, {hour}, {week}, {interval}',
  ],
  [
    'a key',
    withEvents(raw('s3://raw/flights/{date}/')),
    'bad-path 3:34: "s3://raw/flights/{date}/" is no key; write it as S3 has it, without the bucket and without a slash in front',
  ],
  [
    'one way to read a name',
    withEvents(raw('flights/*-{date}-*.csv')),
    'bad-path 3:34: a name may be read in several ways: *-{date}-*.csv; leave one * in a name with captures',
  ],
  [
    'one thing that says it',
    withEvents(raw('flights/{date}/{interval}/')),
    'bad-path 3:34: {interval} says which interval it is; leave the other captures out, or write * there',
  ],
  [
    'no globs over folders',
    withEvents(raw('flights/{date}/**')),
    'bad-path 3:34: ** is unknown here; end the path with a slash to take all below',
  ],
  [
    'one rule',
    withEvents(raw('flights/{date}/', ', count: 2, marker: _SUCCESS')),
    'conflicting-fields 3:63: count and marker both say when the data is complete; leave one of them out',
  ],
  [
    'a prefix that the path has',
    withEvents('  - { s3: { bucket: raw, prefix: orders/ }, path: "flights/{date}/" }'),
    'bad-path 3:34: the path begins with "flights/" and not with the prefix "orders/"; write the whole key as the path, and as the prefix what it begins with, or leave the prefix out',
  ],
  [
    'files of one entry',
    withEvents(`${raw('flights/{date}/')}\n${raw('flights/{date}/late/*.csv')}`),
    'ambiguous-path 4:34: a file may belong to this entry and to entry 1 of events; write paths that no key fits both of',
  ],
  [
    'files of one entry, whatever stands for each *',
    withEvents(`${raw('x/{date}/b*.csv')}\n${raw('x/{date}/*c.csv')}`),
    'ambiguous-path 4:34: a file may belong to this entry and to entry 1 of events; write paths that no key fits both of',
  ],
  [
    'a marker that is no data of another entry',
    withEvents(`${raw('x/{date}/a*.csv', ', marker: all-*')}\n${raw('x/{year}-{month}-{day}/*-2.csv')}`),
    'ambiguous-path 4:34: a file may belong to this entry and to entry 1 of events; write paths that no key fits both of',
  ],
  [
    'a marker that is a name',
    withEvents(raw('flights/{date}/', ', marker: a/b')),
    'bad-path 3:61: "a/b" can\'t stand here; write the name of a file, which stands in the folder of the path, like _SUCCESS',
  ],
  [
    'a marker whose folder says which day it is of',
    withEvents(raw('flights/{date}.csv', ', marker: _SUCCESS')),
    "bad-path 3:64: the folder of the path, in which the marker stands, doesn't say which day it is of; write the captures into the names of folders, or take settle or count",
  ],
  [
    'fields that there are',
    withEvents(raw('flights/{date}/', ', setle: 30s')),
    'unknown-field 3:53: there is no field setle here; did you mean settle?',
  ],
])('an event needs %s', async (_, text, problem) => {
  expect(words(await loadText(text))).toEqual([problem]);
});

test.each([
  ['x/{date}/b*.csv', 'x/{date}/c*.csv'],
  ['x/{date}/*.csv', 'x/{date}/*.json'],
  ['x/{date}/*', 'x/{date}/deep/*'],
  ['x/{date}/', 'x/{year}{month}{day}/'],
  ['x/*/{date}.csv', 'x/{date}.csv'],
])('%s and %s have no file in common', async (one, other) => {
  expect(words(await loadText(withEvents(`${raw(one)}\n${raw(other)}`)))).toEqual([]);
});

test('the same paths in other buckets are no matter', async () => {
  const other = raw('flights/{date}/').replace('bucket: raw', 'bucket: raw2');
  expect(words(await loadText(withEvents(`${raw('flights/{date}/')}\n${other}`)))).toEqual([]);
});

test('a pipeline with a required param is refused: no new data could ever start it', async () => {
  const params = 'params: { since: { type: date, required: true }, top: { type: integer } }\n';
  const text = withEvents('  - { s3: { bucket: raw }, path: "flights/dt={date}/" }', params);
  expect(words(await loadText(text))).toEqual([
    'conflicting-fields 2:32: since is required, and new data that starts a run gives no params; give it a default instead, or leave events out',
  ]);
});
