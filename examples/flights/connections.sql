-- Per airport: the pairs of flights that one could change between, two to four hours apart, and how many of them a
-- late arrival would break.
select
  a.destination as airport,
  cast(count(*) as bigint) as pairs,
  cast(sum(case when a.delay > 60 * (hour(b.date) - hour(a.date)) then 1 else 0 end) as bigint) as broken
from flights a
join flights b on b.origin = a.destination
where cast(a.date as date) = ${interval.date}
  and cast(b.date as date) = ${interval.date}
  and a.origin <> b.destination
  and hour(b.date) - hour(a.date) between 2 and 4
group by a.destination
