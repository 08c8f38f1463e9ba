import { expect, test } from '@jest/globals';
import { createTurns } from '../../activities/turns.ts';

const never = new Promise<never>(() => undefined);

test('each end of a workflow wakes the first in line, and no other', async () => {
  const ends: (() => void)[] = [];
  const turn = createTurns(() => new Promise((resolve) => ends.push(resolve)));
  const woken: number[] = [];
  const waits = [1, 2, 3].map((n) => turn('w', never).then(() => woken.push(n)));
  for (const n of [1, 2, 3]) {
    while (ends.length < n) await new Promise((resolve) => setTimeout(resolve, 10));
    // The others have not even asked.
    expect(ends).toHaveLength(n);
    expect(woken).toHaveLength(n - 1);
    ends[n - 1]?.();
    await waits[n - 1];
  }
  expect(woken).toEqual([1, 2, 3]);
});

test('who gives up makes room for those behind', async () => {
  let asked = 0;
  const turn = createTurns(async () => ((asked += 1) === 1 ? never : undefined));
  await expect(turn('w', Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled');
  await expect(turn('w', never)).resolves.toBeUndefined();
});

test('different workflows do not wait for each other', async () => {
  const turn = createTurns(async (id) => (id === 'slow' ? never : undefined));
  void turn('slow', never);
  await expect(turn('quick', never)).resolves.toBeUndefined();
});
