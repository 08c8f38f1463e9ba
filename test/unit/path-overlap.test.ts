import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Covers } from '../../src/domain/definition.ts';
import { EventPath } from '../../src/domain/event-path.ts';
import { renderPath } from './render-path.ts';

const piece = fc.constantFrom('a', 'b', '-', '0', '5', '/', '.', '*', 'W');
const rest = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('').replaceAll(/\*\*+/g, '*'));
const KEYS: Record<string, string[]> = {
  day: ['{date}', '{year}-{month}-{day}', '{interval}'],
  hour: ['{interval}', '{date}/{hour}'],
  week: ['{week}', '{date}', '{interval}'],
  tick: ['{interval}'],
};
const CAPTURED = { date: '2000-05-05', year: '2000', month: '05', day: '05', hour: '05', week: '2000-W05' };
const INTERVALS: Record<string, string[]> = {
  day: ['2000-05-05'],
  hour: ['2000-05-05T05+05:00', '2000-05-05T05-00:00'],
  week: ['2000-W05'],
  tick: ['2000-05-05T05:00:00Z', '2000-05-05T05:00:00.500Z'],
};

test.each(Object.keys(KEYS))('paths of one key may meet, covers: %s', (kind) => {
  const covers = kind as Covers;
  const path = fc.tuple(rest, fc.constantFrom(...(KEYS[kind] ?? [])), rest).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, path, fc.constantFrom(...(INTERVALS[kind] ?? [])), (text, otherText, interval) => {
      fc.pre(![text, otherText].some((of) => of.startsWith('/')));
      const [one, other] = [new EventPath(text, covers), new EventPath(otherText, covers)];
      expect(one.mayMeet(one)).toBe(true);
      expect(one.mayMeet(other)).toBe(other.mayMeet(one));
      if (other.read(renderPath(text, { ...CAPTURED, interval }))) expect(one.mayMeet(other)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['x/{interval}.5*', 'x/{interval}.*', true],
  ['x/{interval}/', 'x/{interval}.csv', false],
  ['x/{interval}a*', 'x/{interval}*b', true],
  ['x/{interval}.csv', 'x/{interval}.5*', false],
])('%s and %s may meet: %s', (one, other, meet) => {
  expect(new EventPath(one, 'tick').mayMeet(new EventPath(other, 'tick'))).toBe(meet);
});
