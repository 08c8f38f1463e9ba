import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

/** What is told of a run that has ended. */
export interface RunEnd {
  workflowId: string;
  status: string;
}

export const meet = defineSignal<[string]>('meet');
export const leave = defineSignal<[string]>('leave');
export const ended = defineSignal<[string]>('ended');

/**
 * Where runs wait for another one, under the ID `<that run's ID>/rendezvous`. Begun by the first that waits, told by
 * the other run how it ended, and over when that run is done or when nobody waits any more.
 */
export async function rendezvous(): Promise<void> {
  const workflowId = workflowInfo().workflowId.replace(/\/rendezvous$/, '');
  const waiters = new Set<string>();
  let hasBegun = false;
  let news: string | undefined;
  const changed = () => {
    hasBegun = true;
    setCurrentDetails(`Wait for \`${workflowId}\` to be done: ${[...waiters].join(', ') || 'nobody'}.`);
  };
  setHandler(meet, (waiter) => {
    waiters.add(waiter);
    changed();
  });
  setHandler(leave, (waiter) => {
    waiters.delete(waiter);
    changed();
  });
  setHandler(ended, (status) => void (news = news === 'done' ? news : status));

  for (;;) {
    await condition(() => hasBegun && (news !== undefined || waiters.size === 0));
    if (waiters.size === 0) return;
    const status = news ?? '';
    const told = [...waiters];
    await Promise.all(told.map((waiter) => tell(waiter, { workflowId, status })));
    // Who came in the meantime has not heard of it.
    if (status === 'done') for (const waiter of told) waiters.delete(waiter);
    else if (news === status) news = undefined;
  }
}

/** One that has ended by now needs no news. */
const tell = (waiter: string, end: RunEnd): Promise<void> =>
  getExternalWorkflowHandle(waiter)
    .signal('otherEnded', end)
    .catch(() => {});
