-- Events counted by quarters of an hour, so that days and hours of every time zone add up. Exact, because the loader keeps
-- repeated events out before it inserts, and a repeated insert is dropped here under the same token as in events.
-- Numbers are signed and corrections are rows too: what a look at the events finds missing or too much is inserted as a
-- difference, in one step and without a moment in which reports would see half of it.

create table if not exists events_15m
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  environment LowCardinality(String),
  -- beginning of the quarter of event_time
  bucket DateTime64(3, 'UTC'),
  event_name LowCardinality(String),
  platform LowCardinality(String),
  country LowCardinality(String),
  currency LowCardinality(String),
  -- day of arrival, UTC: what is rebuilt at a time
  arrival_day Date,
  events Int64,
  late_events Int64,
  -- events with an amount other than zero, and the amounts in their currency
  paid_events Int64,
  revenue Decimal(38, 6)
)
engine = SummingMergeTree((events, late_events, paid_events, revenue))
partition by toYYYYMM(arrival_day)
order by (org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day)
settings non_replicated_deduplication_window = 10000;

create materialized view if not exists events_15m_view to events_15m as
select
  org_id,
  app_id,
  environment,
  -- toStartOfFifteenMinutes knows no time before 1970
  fromUnixTimestamp64Milli(toUnixTimestamp64Milli(event_time) - positiveModulo(toUnixTimestamp64Milli(event_time), 900000), 'UTC') as bucket,
  event_name,
  platform,
  country,
  currency,
  toDate(received_at, 'UTC') as arrival_day,
  toInt64(count()) as events,
  toInt64(countIf(e.is_late)) as late_events,
  toInt64(countIf(e.revenue != 0)) as paid_events,
  sum(toDecimal128(ifNull(e.revenue, 0), 6)) as revenue
from events as e
group by org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day;

-- What was asked to be compared and corrected, and what came of it. Empty org_id or app_id: all of them. Not tenant data.
create table if not exists rollup_rebuilds
(
  id String,
  org_id String,
  app_id String,
  -- arrival days, UTC; until is not part of it
  since Date,
  until Date,
  requested_at DateTime64(3, 'UTC'),
  done_at Nullable(DateTime64(3, 'UTC')),
  -- groups that were wrong
  corrected UInt64
)
engine = ReplacingMergeTree
order by id;

-- The events of earlier releases: what the view has not counted, as a difference, so that a repeated run adds nothing.
insert into events_15m
select
  org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day,
  sum(n) as events, sum(late) as late_events, sum(paid) as paid_events, sum(amount) as revenue
from
(
  select
    org_id, app_id, environment,
    fromUnixTimestamp64Milli(toUnixTimestamp64Milli(event_time) - positiveModulo(toUnixTimestamp64Milli(event_time), 900000), 'UTC') as bucket,
    event_name, platform, country, currency, toDate(received_at, 'UTC') as arrival_day,
    toInt64(count()) as n, toInt64(countIf(is_late)) as late, toInt64(countIf(revenue != 0)) as paid,
    sum(toDecimal128(ifNull(revenue, 0), 6)) as amount
  from events
  group by org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day
  union all
  select
    org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day,
    -events, -late_events, -paid_events, -revenue
  from events_15m
)
group by org_id, app_id, environment, bucket, event_name, platform, country, currency, arrival_day
having events != 0 or late_events != 0 or paid_events != 0 or revenue != 0
settings max_bytes_before_external_group_by = 1000000000;

-- A loader that ran meanwhile may have inserted between view and difference: the next one looks once more.
insert into rollup_rebuilds
select 'migration', '', '', min(toDate(received_at, 'UTC')), max(toDate(received_at, 'UTC')) + 1, now64(3), null, 0
from events
having count() > 0;

-- Nothing asks for events by device alone, and the filter cost a tenth of every insert.
alter table events drop index if exists device_id_bloom;
