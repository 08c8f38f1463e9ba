import { Schedules } from '../../src/triggers/schedules.ts';
import { parseCron } from '../../src/domain/schedule-calendar.ts';
import type { Definition } from '../../src/domain/definition.ts';
import type { Part } from '../harness/bench.ts';
import { measured } from '../harness/figure.ts';
import { withTemporal } from '../harness/temporal.ts';

const PART = 'apply';
const ZONES = ['America/New_York', 'Europe/Berlin', 'Australia/Sydney', 'Asia/Tokyo', 'UTC'];

/** How long `millrace apply` takes for many pipelines: all new, and all as they were. */
export const apply: Part = async (bench) =>
  withTemporal(
    bench,
    async () => [],
    async (client) => {
      const definitions = Array.from({ length: bench.quick ? 50 : 500 }, (_, nth) => pipeline(nth));
      const schedules = new Schedules(client, 'millrace');
      const timed = async () => {
        const startedAt = performance.now();
        const plan = await schedules.plan(definitions, { prune: false });
        await schedules.apply(plan, definitions);
        return { seconds: (performance.now() - startedAt) / 1_000, changes: plan.changes.length };
      };
      bench.say(`apply: ${definitions.length} new pipelines …`);
      const first = await timed();
      bench.say('apply: the same again …');
      const again = [await timed(), await timed(), await timed()];
      const changes = [first, ...again].map((round) => round.changes);
      if (changes.join() !== [definitions.length, 0, 0, 0].join())
        throw new Error(`apply changed ${changes.join(', ')} schedules`);
      const label = { part: PART, unit: 's' };
      const many = `${definitions.length} pipelines`;
      return [
        measured({ ...label, what: `${many}, all new`, atMost: 20 }, [first.seconds]),
        measured(
          { ...label, what: `${many}, unchanged`, atMost: 5 },
          again.map(({ seconds }) => seconds),
        ),
      ];
    },
  );

function pipeline(nth: number): Definition {
  const timezone = ZONES[nth % ZONES.length] ?? 'UTC';
  return {
    name: `nightly-${nth}`,
    file: 'bench.yaml',
    covers: 'day',
    timezone,
    schedule: {
      timezone,
      covers: 'day',
      entries: [{ params: {}, calendars: [parseCron(`${nth % 60} 2 * * *`)], periods: [] }],
      overlap: 'buffer-all',
      catchupWindowMs: 365 * 86_400_000,
      jitterMs: 0,
      pauseOnFailure: false,
    },
    params: {},
    steps: [],
    onFailure: [],
  };
}
