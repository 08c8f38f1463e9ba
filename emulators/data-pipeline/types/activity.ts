/** Where an activity runs: AWS wants one of the two. */
export const RUNS_ON = ['runsOn', 'workerGroup'] as const;

/** What every kind of activity may refer to. */
export const ACTIVITY_REFS = { runsOn: 'resource', dependsOn: 'activity' } as const;
