import { describe, expect, test } from '@jest/globals';
import { evaluateTexts, pathsIn } from '../../emulators/data-pipeline/expression/evaluate.ts';
import { splitSql } from '../../emulators/data-pipeline/database/split-sql.ts';

const NAMES: Record<string, string | string[]> = {
  '@scheduledStartTime': '2011-05-24T17:10:00',
  myDateTime: '2011-05-24T17:10:00',
  myCount: '7',
  myName: "O'Hare",
  '*mySecret': 'hush',
  myList: ['one', 'two'],
  'input.filePath': 's3://b/k',
};
const evaluate = (text: string) => evaluateTexts(text, (names) => NAMES[names.join('.')]);

describe('the expressions of AWS Data Pipeline', () => {
  // The examples of https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-pipeline-reference-functions-datetime.html
  test.each([
    ['#{day(myDateTime)}', '24'],
    ['#{dayOfYear(myDateTime)}', '144'],
    ['#{firstOfMonth(myDateTime)}', '2011-05-01T17:10:00'],
    ["#{format(myDateTime,'YYYY-MM-dd HH:mm:ss z')}", '2011-05-24 17:10:00 UTC'],
    ['#{hour(myDateTime)}', '17'],
    ['#{makeDate(2011,5,24)}', '2011-05-24T00:00:00'],
    ['#{makeDateTime(2011,5,24,14,21)}', '2011-05-24T14:21:00'],
    ['#{midnight(myDateTime)}', '2011-05-24T00:00:00'],
    ['#{minusDays(myDateTime,1)}', '2011-05-23T17:10:00'],
    ['#{minusHours(myDateTime,1)}', '2011-05-24T16:10:00'],
    ['#{minusMinutes(myDateTime,1)}', '2011-05-24T17:09:00'],
    ['#{minusMonths(myDateTime,1)}', '2011-04-24T17:10:00'],
    ['#{minusWeeks(myDateTime,1)}', '2011-05-17T17:10:00'],
    ['#{minusYears(myDateTime,1)}', '2010-05-24T17:10:00'],
    ['#{minute(myDateTime)}', '10'],
    ['#{month(myDateTime)}', '5'],
    ['#{plusDays(myDateTime,1)}', '2011-05-25T17:10:00'],
    ['#{plusMonths(myDateTime,1)}', '2011-06-24T17:10:00'],
    ['#{sunday(myDateTime)}', '2011-05-22T17:10:00'],
    ['#{year(myDateTime)}', '2011'],
    ['#{yesterday(myDateTime)}', '2011-05-23T17:10:00'],
    ['#{"hel" + "lo"}', 'hello'],
    ['#{1 + 2}', '3'],
    ['#{1 - 2}', '-1'],
    ['#{1 / 2}', '0'],
    ['#{1.0 / 2}', '0.5'],
    ['#{2 ^ 2}', '4.0'],
  ])('%s is %s, as documented', (text, wanted) => expect(evaluate(text)).toEqual([wanted]));

  test.each([
    ['dt=#{myDateTime}/x', ['dt=2011-05-24T17:10:00/x']],
    ["#{format(minusDays(@scheduledStartTime,1),'YYYYMMdd')}", ['20110523']],
    ["#{format(myDateTime, \"EEE d MMM yy, h:mm a 'o''clock'\")}", ["Tue 24 May 11, 5:10 PM o'clock"]],
    ["#{myDateTime + '15 minutes'}", ['2011-05-24T17:25:00']],
    ['#{myCount + 1}', ['8']],
    ['#{myCount * (2 + 3) - -1}', ['36']],
    ["#{myName + '}' + 1}", ["O'Hare}1"]],
    ['#{*mySecret}', ['hush']],
    ['#{ input.filePath }', ['s3://b/k']],
    ["#{'this is ' + myList}!", ['this is one!', 'this is two!']],
    ['no ${VARIABLE} and no # {expression}', ['no ${VARIABLE} and no # {expression}']],
  ])('%s', (text, wanted) => expect(evaluate(text)).toEqual(wanted));

  test.each([
    ['#{now()}', 'there is no function now; there are: day,'],
    ['#{format(myDateTime)}', 'format takes (DateTime, String format), and was given 1'],
    ['#{day(myName)}', "O'Hare is no DateTime; write it as 2026-01-31T00:00:00"],
    ["#{format(myDateTime,'q')}", "Illegal pattern component: q in 'q'"],
    ['#{nobody}', 'nothing is called nobody here'],
    ['#{1 +}', '#{1 +}: its end is not expected'],
    ['#{a b}', '#{a b}: b is not expected'],
    ['#{a ? b}', '#{a ? b}: cannot read ? b'],
    ['x #{a', '#{a has no end'],
    ['#{1 / 0}', 'division by zero'],
    ['#{makeDate(2011,2,30)}', 'there is no such day: 2011, 2, 30'],
  ])('%s: %s', (text, message) => expect(() => evaluate(text)).toThrow(message));

  test('tell the names that they use', () => {
    expect(pathsIn("#{format(@scheduledStartTime, 'x')} #{node.input.path + myA}")).toEqual([
      ['@scheduledStartTime'],
      ['node', 'input', 'path'],
      ['myA'],
    ]);
  });
});

test('a script is split at the semicolons that end statements', () => {
  expect(splitSql(`select ';', "a;b" -- c;d\n; /* e;f */; create function x as $$ g;h $$;; `)).toEqual([
    `select ';', "a;b" -- c;d`,
    'create function x as $$ g;h $$',
  ]);
});
