import { describe, expect, test } from '@jest/globals';
import { instanceOutcome } from '../../src/domain/instance.ts';

describe('what the status of a Data Pipeline instance comes to', () => {
  test.each([
    ['live', 'ACTIVATING'],
    ['live', 'CREATING'],
    ['live', 'DEACTIVATING'],
    ['live', 'PAUSED'],
    ['live', 'PENDING'],
    ['live', 'RUNNING'],
    ['live', 'SCHEDULED'],
    ['live', 'SHUTTING_DOWN'],
    ['live', 'VALIDATING'],
    ['live', 'WAITING'],
    ['live', 'WAITING_FOR_RUNNER'],
    ['live', 'WAITING_ON_DEPENDENCIES'],
    ['done', 'FINISHED'],
    ['failed', 'CANCELED'],
    ['failed', 'CANCELLED'],
    ['failed', 'CASCADE_FAILED'],
    ['failed', 'FAILED'],
    ['failed', 'INACTIVE'],
    ['failed', 'SKIPPED'],
    ['failed', 'TIMEDOUT'],
  ])('%s: %s', (outcome, status) => {
    expect(instanceOutcome(status)).toBe(outcome);
  });

  test.each(['', 'finished', 'RERUNNING', 'toString'])('an unknown one is loud: %j', (status) => {
    expect(() => instanceOutcome(status)).toThrow(
      expect.objectContaining({
        type: 'Unexpected',
        message: expect.stringContaining(JSON.stringify(status)),
      }),
    );
  });
});
