import { proxyActivities } from '@temporalio/workflow';

const { noop } = proxyActivities<{ noop(): Promise<void> }>({ startToCloseTimeout: '2m' });

/** What Temporal itself costs: so many activities that do nothing, one after the other. */
export async function bare(activities: number): Promise<void> {
  for (let n = 0; n < activities; n += 1) await noop();
}
