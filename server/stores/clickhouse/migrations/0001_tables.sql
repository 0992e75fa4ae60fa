-- The event store. Every tenant table begins with org_id and app_id: the tenant predicate is also the index's prefix.
-- Rows are deduplicated by the loader before they are inserted, so plain MergeTree counts are exact.
-- Partitioned by arrival, not by event time: a client's clock must not be able to make thousands of partitions.

create table if not exists events
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  event_id String,
  event_name LowCardinality(String),
  event_time DateTime64(3, 'UTC'),
  received_at DateTime64(3, 'UTC'),
  is_late Bool,
  environment LowCardinality(String),
  platform LowCardinality(String),
  device_id String,
  advertising_id String,
  idfv String,
  customer_user_id String,
  click_id String,
  install_referrer String,
  referrer_click_time Nullable(DateTime64(3, 'UTC')),
  install_begin_time Nullable(DateTime64(3, 'UTC')),
  referrer_click_time_server Nullable(DateTime64(3, 'UTC')),
  install_begin_time_server Nullable(DateTime64(3, 'UTC')),
  ip String,
  user_agent String,
  os_version LowCardinality(String),
  app_version LowCardinality(String),
  sdk_version LowCardinality(String),
  device_model LowCardinality(String),
  locale LowCardinality(String),
  country LowCardinality(String),
  revenue Nullable(Decimal(18, 6)),
  currency LowCardinality(String),
  properties String,
  consent String,
  request_id String,
  log_id LowCardinality(String),
  log_position UInt64,
  index device_id_bloom device_id type bloom_filter(0.01) granularity 4,
  index log_position_range log_position type minmax granularity 1,
  index received_at_range received_at type minmax granularity 1
)
engine = MergeTree
partition by toYYYYMM(received_at)
order by (org_id, app_id, event_name, event_time, event_id);

create table if not exists touchpoints
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  touchpoint_id String,
  touchpoint_type LowCardinality(String),
  touchpoint_time DateTime64(3, 'UTC'),
  received_at DateTime64(3, 'UTC'),
  link_id String,
  media_source LowCardinality(String),
  campaign LowCardinality(String),
  ad_set LowCardinality(String),
  ad LowCardinality(String),
  creative LowCardinality(String),
  site_id LowCardinality(String),
  sub_params String,
  advertising_id String,
  idfv String,
  customer_user_id String,
  ip String,
  user_agent String,
  platform LowCardinality(String),
  os_version LowCardinality(String),
  device_model LowCardinality(String),
  country LowCardinality(String),
  request_id String,
  log_id LowCardinality(String),
  log_position UInt64,
  index touchpoint_id_bloom touchpoint_id type bloom_filter(0.01) granularity 1,
  index advertising_id_bloom advertising_id type bloom_filter(0.01) granularity 1,
  index idfv_bloom idfv type bloom_filter(0.01) granularity 1,
  index customer_user_id_bloom customer_user_id type bloom_filter(0.01) granularity 1,
  index log_position_range log_position type minmax granularity 1
)
engine = MergeTree
partition by toYYYYMM(received_at)
order by (org_id, app_id, touchpoint_time, touchpoint_id);

-- What was refused, with the reason and the field, so that a tenant can see and replay it.
create table if not exists rejected_events
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  rejected_id String,
  kind LowCardinality(String),
  received_at DateTime64(3, 'UTC'),
  code LowCardinality(String),
  field LowCardinality(String),
  message String,
  raw String,
  request_id String,
  log_id LowCardinality(String),
  log_position UInt64
)
engine = MergeTree
partition by toYYYYMM(received_at)
order by (org_id, app_id, received_at, rejected_id);

-- Attribution decisions: appended, never changed. The current one of a device has the highest version.
-- Replacing only makes a repeated write of the same version harmless.
create table if not exists decisions
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  device_id String,
  version UInt32,
  decision_id String,
  decided_at DateTime64(3, 'UTC'),
  engine_version LowCardinality(String),
  settings_version UInt32,
  install_event_id String,
  install_time DateTime64(3, 'UTC'),
  conversion_type LowCardinality(String),
  outcome LowCardinality(String),
  match_type LowCardinality(String),
  touchpoint_id String,
  touchpoint_type LowCardinality(String),
  touchpoint_time Nullable(DateTime64(3, 'UTC')),
  link_id String,
  media_source LowCardinality(String),
  campaign LowCardinality(String),
  ad_set LowCardinality(String),
  ad LowCardinality(String),
  creative LowCardinality(String),
  site_id LowCardinality(String),
  country LowCardinality(String),
  platform LowCardinality(String),
  os_version LowCardinality(String),
  app_version LowCardinality(String),
  environment LowCardinality(String),
  -- JSON: the install as the engine saw it, the candidates in rank order, the rules that were hit
  install String,
  candidates String,
  rule_hits String,
  supersedes String
)
engine = ReplacingMergeTree(decided_at)
order by (org_id, app_id, device_id, version);

create table if not exists costs
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  day Date,
  media_source LowCardinality(String),
  campaign LowCardinality(String),
  ad_set LowCardinality(String),
  ad LowCardinality(String),
  country LowCardinality(String),
  cost Decimal(18, 6),
  currency LowCardinality(String),
  imported_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(imported_at)
order by (org_id, app_id, day, media_source, campaign, ad_set, ad, country, currency);

-- One unit of base costs rate units of quote on that day; an organization imports its own table.
create table if not exists exchange_rates
(
  org_id LowCardinality(String),
  base LowCardinality(String),
  quote LowCardinality(String),
  day Date,
  rate Float64,
  imported_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(imported_at)
order by (org_id, base, quote, day);

-- How far each log has been loaded, and how far the attributor has followed. Not tenant data.
create table if not exists load_progress
(
  log_id LowCardinality(String),
  position UInt64,
  loaded_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(position)
order by log_id;

create table if not exists attributor_progress
(
  log_id LowCardinality(String),
  position UInt64,
  decided_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(position)
order by log_id;
