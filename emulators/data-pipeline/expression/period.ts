import { Duration } from 'luxon';

const PERIOD = /^\s*(?<count>\d+)\s*(?<unit>minute|hour|day|week|month|year|second)s?\s*$/i;

/**
 * A period such as `15 minutes`; undefined where the text is none. Seconds are known here, for tests; AWS has none.
 *
 * https://docs.aws.amazon.com/datapipeline/latest/DeveloperGuide/dp-expressions-functions.html
 */
export function parsePeriod(text: string): Duration | undefined {
  const { count, unit } = PERIOD.exec(text)?.groups ?? {};
  if (count === undefined || unit === undefined) return undefined;
  return Duration.fromObject({ [`${unit.toLowerCase()}s`]: Number(count) });
}

/** Its length where months don't matter. */
export const periodMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parsePeriod(text)?.toMillis();
