import { z } from 'zod';
import { parseDuration } from '../domain/duration.ts';
import type { EventSource } from '../domain/event-source.ts';
import { fixedStart } from '../domain/event-path.ts';
import { duration, filled, matching, positiveDuration } from './fields.ts';

const bucket = matching(
  'bad-name',
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'a bucket’s name has small letters, digits, . and -, three at least',
);

const marker = matching(
  'bad-path',
  /^[^/{}]+$/,
  'write the name of a file, which stands in the folder of the path, like _SUCCESS',
);

const event = z.strictObject({
  s3: z
    .strictObject({
      bucket: bucket.meta({ examples: ['raw'] }),
      prefix: z
        .string()
        .optional()
        .meta({
          description: 'What all keys begin with; unless said, what the path begins with.',
          examples: ['flights/'],
        }),
    })
    .meta({ description: 'Where the data lands.' }),
  path: filled().meta({
    description:
      'The key with {date}, {year}, {month}, {day}, {hour}, {week} or {interval} in it, which say which interval the data belongs to; * is anything within a name, a slash at the end all below.',
    examples: ['flights/dt={date}/'],
  }),
  settle: duration()
    .optional()
    .meta({
      description:
        'Complete when nothing new has come for so long; 30s unless said, 0s with count, 5s with marker.',
      examples: ['30s'],
    }),
  count: z.int().min(1).optional().meta({ description: 'Complete when there are so many files.' }),
  marker: marker.optional().meta({
    description: 'Complete when there is a file of that name, such as a manifest; * is anything.',
    examples: ['_SUCCESS'],
  }),
  late: z.enum(['rerun', 'report']).optional().meta({
    description:
      'Files that come when the run has begun: run once more after it, or only say so (unless said).',
  }),
  lateWindow: positiveDuration()
    .optional()
    .meta({ description: 'How long after the run; 1d unless said.', examples: ['2d'] }),
});

export const events = z
  .array(event)
  .min(1)
  .meta({ description: 'New data that starts a run, once all of the list is complete.' });

export type EventFile = z.output<typeof event>;

const USUAL_SETTLE = '30s';
const DEFAULT_LATE_WINDOW = '1d';

/** What an entry of the file stands for. */
export function eventSource(file: EventFile): EventSource {
  const { s3, path, settle, count, marker, late = 'report', lateWindow = DEFAULT_LATE_WINDOW } = file;
  const usual = count !== undefined ? '0s' : marker !== undefined ? '5s' : USUAL_SETTLE;
  return {
    bucket: s3.bucket,
    prefix: s3.prefix ?? fixedStart(path),
    path,
    settleMs: parseDuration(settle ?? usual),
    lateSettleMs: parseDuration(settle ?? USUAL_SETTLE),
    ...(count !== undefined && { count }),
    ...(marker !== undefined && { marker }),
    late,
    lateWindowMs: parseDuration(lateWindow),
  };
}
