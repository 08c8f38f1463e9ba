-- One row per route, over all flights of the day. The casts make the types that the table has: Redshift's COPY
-- loads a column from Parquet only into its exact type, and count and max are 64 bits wide.
select
  cast(f.date as date) as day,
  f.origin as origin,
  f.destination as destination,
  cast(count(*) as int) as flights,
  cast(avg(f.delay) as double) as mean_delay,
  cast(max(f.delay) as int) as max_delay
from flights f
where cast(f.date as date) = ${interval.date}
group by cast(f.date as date), f.origin, f.destination
