import { expect, test } from '@jest/globals';
import { formatDuration, parseDuration } from '../../src/domain/duration.ts';

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['30s', 30_000],
  ['15m', 900_000],
  ['4h', 14_400_000],
  ['365d', 31_536_000_000],
])('%s', (text, durationMs) => expect(parseDuration(text)).toBe(durationMs));

test.each(['', '4', '4 h', '-1s', '1.5h', '4hours', '1h30m', '99999999999999d', 'constructor'])(
  '%j is none',
  (text) =>
    expect(() => parseDuration(text)).toThrow('is no duration; write a whole number and a unit, like 500ms'),
);

test.each([
  [0, '0s'],
  [500, '500ms'],
  [90_000, '1m 30s'],
  [14_400_000, '4h'],
  [90_061_001, '1d 1h 1m 1s 1ms'],
])('%i ms', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text));
