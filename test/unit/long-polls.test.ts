import { expect, test } from '@jest/globals';
import { LONG_POLL_SECONDS } from '../../src/publishers/redshift/data-api.ts';
import { restMs } from '../../src/publishers/redshift/long-polls.ts';

/** The long polls that see a statement to its end, and how late they tell of it, where each takes as long as it may. */
function polled(seconds: number): { polls: number; late: number } {
  let age = 0;
  for (let polls = 1; ; polls += 1) {
    if (age >= seconds) return { polls, late: age - seconds };
    age += LONG_POLL_SECONDS;
    if (age >= seconds) return { polls, late: 0 };
    age += restMs(age * 1_000) / 1_000;
  }
}

test.each([
  [20, 1],
  [60, 3],
  [120, 4],
  [600, 7],
  [3_600, 12],
])('a statement of %d s takes %d long polls', (seconds, most) => {
  expect(polled(seconds).polls).toBeLessThanOrEqual(most);
});

test('the end is told in time: of a short statement within a quarter of its time, of a long one within less than half', () => {
  for (let seconds = 1; seconds < 10_000; seconds += 1)
    expect(polled(seconds).late / seconds).toBeLessThanOrEqual(seconds <= 95 ? 0.25 : 0.45);
});
