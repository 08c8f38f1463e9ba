import { describe, expect, test } from '@jest/globals';
import { jobKey, parseJobKey, shortHash } from '../../src/domain/key.ts';

const RUN = '01a20790-5f19-7219-8f26-c1b561cacd5f';

describe('a key', () => {
  test('has the first run, the hash of the step and the attempt', () => {
    expect(jobKey(RUN, 'routes', 2)).toBe('mr-01a207905f1972198f26c1b561cacd5f-e22bc966-2');
  });

  test('can be taken apart again, also that of a statement of it', () => {
    const parts = { firstRunId: RUN, stepHash: shortHash('routes', 8), attempt: 12 };
    expect(parseJobKey(jobKey(RUN, 'routes', 12))).toEqual(parts);
    expect(parseJobKey(`${jobKey(RUN, 'routes', 12)}-3`)).toEqual(parts);
  });

  test.each(['', 'nightly', 'mr-123-e22bc966-1', jobKey(RUN, 'routes', 1).toUpperCase()])(
    'is none of ours: %j',
    (name) => expect(parseJobKey(name)).toBeUndefined(),
  );

  test('is short enough for a client token, with a number behind it', () => {
    expect(`${jobKey(RUN, 'routes', 999)}-999`.length).toBeLessThanOrEqual(64);
  });
});
