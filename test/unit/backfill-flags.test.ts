import { expect, test } from '@jest/globals';
import { Command } from 'commander';
import { backfill } from '../../src/cli/backfill.ts';

test.each([
  ['201', "--concurrency can't be 201", 'write 200 at most, like --concurrency 200'],
  ['0', '0 is no number of runs', 'write a whole number from 1'],
])('backfill --concurrency %s is refused before anything starts', async (concurrency, message, fix) => {
  const program = new Command('millrace');
  backfill(program);
  const args = [
    'backfill',
    'days',
    '--from',
    '2001-01-01',
    '--to',
    '2001-01-02',
    '--concurrency',
    concurrency,
  ];
  await expect(program.parseAsync(args, { from: 'user' })).rejects.toMatchObject({
    message,
    fix,
    exitCode: 2,
  });
});
