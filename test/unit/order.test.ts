import { describe, expect, test } from '@jest/globals';
import type { StepDefinition } from '../../src/domain/definition.ts';
import { nextSteps } from '../../src/domain/order.ts';
import type { StepState } from '../../src/domain/state.ts';

const step = (id: string, more: { needs?: string[]; allowFailure?: boolean } = {}): StepDefinition => ({
  id,
  kind: 'notify',
  args: { webhook: 'oncall', message: 'hello' },
  retry: { attempts: 1, delayMs: 0 },
  allowFailure: false,
  onLost: 'ask',
  ...more,
});

type States = Record<string, StepState>;
const nothing = { start: [], skip: [] };

describe('a list', () => {
  const steps = [step('a'), step('b', { allowFailure: true }), step('c')];
  test.each<[States, string[]]>([
    [{}, ['a']],
    [{ a: 'running' }, []],
    [{ a: 'lost' }, []],
    [{ a: 'done' }, ['b']],
    [{ a: 'skipped' }, ['b']],
    [{ a: 'failed' }, []],
    [{ a: 'cancelled' }, []],
    [{ a: 'done', b: 'failed' }, ['c']],
    [{ a: 'done', b: 'skipped' }, ['c']],
    [{ a: 'done', b: 'done', c: 'done' }, []],
  ])('%j', (states, start) => expect(nextSteps(steps, states)).toEqual({ start, skip: [] }));

  test('may be empty', () => expect(nextSteps([], {})).toEqual(nothing));
});

describe('needs', () => {
  const steps = [
    step('a', { needs: [] }),
    step('b', { needs: [], allowFailure: true }),
    step('c', { needs: ['a'] }),
    step('d', { needs: ['a', 'b'] }),
    step('e', { needs: ['c', 'd'] }),
  ];
  test.each<[States, string[], string[]]>([
    [{}, ['a', 'b'], []],
    [{ a: 'running' }, ['b'], []],
    [{ a: 'done', b: 'running' }, ['c'], []],
    [{ a: 'done', b: 'done' }, ['c', 'd'], []],
    [{ a: 'done', b: 'failed', c: 'running' }, ['d'], []],
    [{ a: 'skipped', b: 'running' }, [], ['c']],
    [{ a: 'skipped', b: 'done' }, ['d'], ['c']],
    [{ a: 'skipped', b: 'skipped' }, [], ['c', 'd']],
    [{ a: 'skipped', b: 'skipped', c: 'skipped', d: 'skipped' }, [], ['e']],
    [{ a: 'skipped', b: 'done', c: 'skipped', d: 'done' }, ['e'], []],
    [{ a: 'failed', b: 'running' }, [], []],
    [{ a: 'done', b: 'cancelled' }, [], []],
    [{ a: 'lost', b: 'done' }, [], []],
  ])('%j', (states, start, skip) => expect(nextSteps(steps, states)).toEqual({ start, skip }));
});
