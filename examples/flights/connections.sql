-- Where one could get to with two changes, with one to four hours between the departures: how many such trips a
-- pair of airports has, and how late the least delayed of them was, leg by leg. A self-join of three.
select
  a.origin as origin,
  c.destination as destination,
  cast(count(*) as bigint) as trips,
  cast(min(a.delay + b.delay + c.delay) as bigint) as least_delay
from flights a
join flights b on b.origin = a.destination
join flights c on c.origin = b.destination
where cast(a.date as date) = ${interval.date}
  and cast(b.date as date) = ${interval.date}
  and cast(c.date as date) = ${interval.date}
  and hour(b.date) - hour(a.date) between 1 and 3
  and hour(c.date) - hour(b.date) between 2 and 4
  and a.origin <> b.destination
  and a.origin <> c.destination
  and a.destination <> c.destination
group by a.origin, c.destination
