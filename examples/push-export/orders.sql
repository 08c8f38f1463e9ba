-- Of the session alone, so that two days may run at once.
create temporary external table orders (id bigint, country string, amount double)
row format delimited fields terminated by ','
stored as textfile
location ${'s3://raw/orders/dt=' + interval.date + '/'};

-- The columns in the order of the table, in exactly its types: COPY loads Parquet by position.
insert overwrite directory ${'s3://lake/orders-by-country/dt=' + interval.date + '/'}
stored as parquet
select ${interval.date} as day, country, cast(count(*) as int) as orders, sum(amount) as amount
from orders
group by country
