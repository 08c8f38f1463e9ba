import { z } from 'zod';
import type { ScheduleDefinition } from '../domain/definition.ts';
import { parseDuration } from '../domain/duration.ts';
import { cron, positiveDuration, timezone } from './fields.ts';

export const schedule = z
  .strictObject({
    cron: cron().meta({ description: 'Five fields, or @daily and the like.', examples: ['30 2 * * *'] }),
    timezone: timezone()
      .optional()
      .meta({ description: 'UTC unless said.', examples: ['America/New_York'] }),
    covers: z.enum(['hour', 'day', 'week', 'month', 'tick']).optional().meta({
      description: 'The interval that a run covers: the newest one that had ended; day unless said.',
    }),
    catchupWindow: positiveDuration()
      .optional()
      .meta({ description: 'How old a missed tick may be to be made up for.', examples: ['365d'] }),
  })
  .meta({ description: 'When the pipeline runs by itself.' });

/** What a schedule of the file stands for. */
export function scheduleOf({
  cron,
  covers = 'day',
  timezone = 'UTC',
  catchupWindow,
}: z.output<typeof schedule>): ScheduleDefinition {
  const definition: ScheduleDefinition = { cron, covers, timezone };
  if (catchupWindow !== undefined) definition.catchupWindowMs = parseDuration(catchupWindow);
  return definition;
}
