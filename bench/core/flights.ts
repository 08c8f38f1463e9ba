import { flightsFile } from '../../src/cli/demo/flights.ts';

/** As in examples/flights/routes.sql, over all days at once. */
export const ROUTES = `select
  cast(f.date as date) as day,
  f.origin as origin,
  f.destination as destination,
  cast(count(*) as int) as flights,
  cast(avg(f.delay) as double) as mean_delay,
  cast(max(f.delay) as int) as max_delay
from flights f
group by cast(f.date as date), f.origin, f.destination`;

/** Three million flights, 13 MB of Parquet. */
export const flights = () => ({ path: flightsFile(), format: 'parquet' as const });
