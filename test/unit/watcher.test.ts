import { expect, test } from '@jest/globals';
import { Watcher } from '../../activities/watcher.ts';
import { EtlError } from '../../src/domain/failure.ts';
import type { WorkRef, WorkState } from '../../src/ports.ts';

const ref = (id: string): WorkRef => ({ id, key: id });
const never = new Promise<never>(() => {});

/** A vendor that answers as it is told, and tells when it is asked. */
function vendor() {
  const asked: string[][] = [];
  let answer: () => Promise<Map<string, WorkState>> = async () => new Map();
  return {
    asked,
    answer: (next: typeof answer) => void (answer = next),
    poll: (refs: readonly WorkRef[]) => {
      asked.push(refs.map(({ id }) => id));
      return answer();
    },
  };
}

const done = (...ids: string[]) => new Map(ids.map((id) => [id, { status: 'done' } satisfies WorkState]));

const running = (...ids: string[]) =>
  new Map(ids.map((id) => [id, { status: 'running' } satisfies WorkState]));

/** A waiter that can be told to leave. */
function waiterOf(watcher: Watcher, id: string) {
  let leave = () => {};
  const cancelled = new Promise<never>((_, reject) => (leave = () => reject(new Error('cancelled'))));
  let heard = () => {};
  const told = new Promise<void>((resolve) => (heard = resolve));
  const ended = watcher.ended(ref(id), cancelled, heard);
  ended.catch(() => {});
  return { ended, leave, told };
}

test('who comes after all have left a connection in trouble is polled for', async () => {
  const work = vendor();
  work.answer(() => Promise.reject(new EtlError('Unavailable', 'away')));
  const watcher = new Watcher(work, 20);
  const first = waiterOf(watcher, 'a');
  await first.told;
  first.leave();
  await expect(first.ended).rejects.toThrow('cancelled');
  work.answer(async () => done('b'));
  await expect(watcher.ended(ref('b'), never, () => {})).resolves.toEqual({ status: 'done' });
  expect(work.asked.at(-1)).toEqual(['b']);
});

test('who joins while a poll is under way gets an answer of its own, whatever becomes of that poll', async () => {
  const work = vendor();
  let fail = (_: Error) => {};
  work.answer(() => new Promise((_, reject) => (fail = reject)));
  const watcher = new Watcher(work, 10_000);
  const first = watcher.ended(ref('a'), never, () => {});
  first.catch(() => {});
  while (work.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = watcher.ended(ref('b'), never, () => {});
  work.answer(async () => done('b'));
  fail(new EtlError('Rejected', 'no permission'));
  await expect(first).rejects.toThrow('no permission');
  await expect(second).resolves.toEqual({ status: 'done' });
});

test('who cannot be watched is not polled for', async () => {
  const work = vendor();
  const watcher = new Watcher(
    {
      poll: work.poll,
      watch: () => {
        throw new Error('too many open files');
      },
    },
    5,
  );
  await expect(watcher.ended(ref('a'), never, () => {})).rejects.toThrow('too many open files');
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(work.asked).toEqual([]);
});

test('work that tells of its end is asked about at first, when it tells, and seldom in between', async () => {
  const work = vendor();
  let wake = () => {};
  const watch = ({ pushed }: WorkRef, onWake: () => void) => {
    if (pushed) wake = onWake;
    return () => {};
  };
  work.answer(async () => running('pushed'));
  const watcher = new Watcher({ poll: work.poll, watch }, 10, 60_000);
  const pushed = watcher.ended({ ...ref('pushed'), pushed: true }, never, () => {});
  const other = waiterOf(watcher, 'polled');
  work.answer(async () => new Map([...running('pushed'), ...running('polled')]));
  while (work.asked.length < 6) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(work.asked.filter((ids) => ids.includes('pushed')).length).toBeLessThanOrEqual(2);
  other.leave();
  work.answer(async () => done('pushed'));
  wake();
  expect(await pushed).toEqual({ status: 'done' });
});

test('work that tells of its end a moment before it has ended is asked about until it has', async () => {
  const work = vendor();
  let wake = () => {};
  const watch = (_ref: WorkRef, onWake: () => void) => {
    wake = onWake;
    return () => {};
  };
  work.answer(async () => running('pushed'));
  const watcher = new Watcher({ poll: work.poll, watch }, 5, 60_000);
  const ended = watcher.ended({ ...ref('pushed'), pushed: true }, never, () => {});
  while (work.asked.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
  wake();
  while (work.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  work.answer(async () => done('pushed'));
  expect(await ended).toEqual({ status: 'done' });
});

test('work whose message never comes is found ended by the backstop', async () => {
  const work = vendor();
  work.answer(async () => running('pushed'));
  const watcher = new Watcher(work, 5, 40);
  const ended = watcher.ended({ ...ref('pushed'), pushed: true }, never, () => {});
  while (work.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  work.answer(async () => done('pushed'));
  expect(await ended).toEqual({ status: 'done' });
});

test('a poll that fails is made again for work that tells of its end, too', async () => {
  const work = vendor();
  work.answer(() => Promise.reject(new EtlError('Unavailable', 'away')));
  const watcher = new Watcher(work, 5, 60_000);
  const ended = watcher.ended({ ...ref('pushed'), pushed: true }, never, () => {});
  while (work.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  work.answer(async () => done('pushed'));
  expect(await ended).toEqual({ status: 'done' });
});
