-- Attribution with retargeting, claims of self-attributing networks, probabilistic matches, contributors and re-engagements.

alter table touchpoints add column if not exists is_retargeting Bool;
-- a network says that this device's install is its own; comparable with device_id of events
alter table touchpoints add column if not exists claimed_device_id String;

-- The touchpoints once more, under each key by which an install can find them: those of one key lie side by side, so that
-- an install costs a few small reads, however many touchpoints there are.
create table if not exists touchpoint_keys
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  -- sipHash64 of a key as in keyed_installs; two keys of one hash harm nobody, because the engine compares the values
  key UInt64,
  touchpoint_time DateTime64(3, 'UTC'),
  touchpoint_id String,
  is_click Bool,
  -- JSON: list of what the engine needs else, in the order of the view below
  touchpoint String
)
engine = ReplacingMergeTree
order by (org_id, app_id, key, touchpoint_time, touchpoint_id)
settings index_granularity = 64, min_compress_block_size = 4096, max_compress_block_size = 8192;

create materialized view if not exists touchpoint_keys_view to touchpoint_keys as
select
  org_id,
  app_id,
  sipHash64(arrayJoin(arrayFilter(k -> length(k) > 2, arrayDistinct([
    concat('t:', touchpoint_id),
    if(match(advertising_id, '[^0\\s-]'), concat('a:', lowerUTF8(trimBoth(advertising_id, ' \t\r\n'))), ''),
    if(match(idfv, '[^0\\s-]'), concat('i:', lowerUTF8(trimBoth(idfv, ' \t\r\n'))), ''),
    concat('u:', trimBoth(customer_user_id, ' \t\r\n')),
    concat('d:', trimBoth(claimed_device_id, ' \t\r\n')),
    concat('p:', multiIf(
      isIPv4String(ip), ip,
      startsWith(lower(ip), '::ffff:') and isIPv4String(substring(ip, 8)), substring(ip, 8),
      isIPv6String(ip), lower(hex(substring(IPv6StringToNumOrDefault(ip), 1, 8))),
      ''))
  ])))) as key,
  touchpoint_time,
  touchpoint_id,
  touchpoint_type = 'click' as is_click,
  toJSONString((
    media_source, campaign, ad_set, ad, creative, site_id, link_id, advertising_id, idfv, customer_user_id,
    claimed_device_id, toUInt8(is_retargeting), platform, ip, os_version, device_model, toUnixTimestamp64Milli(received_at)
  )) as touchpoint
from touchpoints;

-- Touchpoints of earlier releases. A row that is there already is the same row.
insert into touchpoint_keys
select
  org_id,
  app_id,
  sipHash64(arrayJoin(arrayFilter(k -> length(k) > 2, arrayDistinct([
    concat('t:', touchpoint_id),
    if(match(advertising_id, '[^0\\s-]'), concat('a:', lowerUTF8(trimBoth(advertising_id, ' \t\r\n'))), ''),
    if(match(idfv, '[^0\\s-]'), concat('i:', lowerUTF8(trimBoth(idfv, ' \t\r\n'))), ''),
    concat('u:', trimBoth(customer_user_id, ' \t\r\n')),
    concat('d:', trimBoth(claimed_device_id, ' \t\r\n')),
    concat('p:', multiIf(
      isIPv4String(ip), ip,
      startsWith(lower(ip), '::ffff:') and isIPv4String(substring(ip, 8)), substring(ip, 8),
      isIPv6String(ip), lower(hex(substring(IPv6StringToNumOrDefault(ip), 1, 8))),
      ''))
  ])))) as key,
  touchpoint_time,
  touchpoint_id,
  touchpoint_type = 'click' as is_click,
  toJSONString((
    media_source, campaign, ad_set, ad, creative, site_id, link_id, advertising_id, idfv, customer_user_id,
    claimed_device_id, toUInt8(is_retargeting), platform, ip, os_version, device_model, toUnixTimestamp64Milli(received_at)
  )) as touchpoint
from touchpoints;

-- Looked for through the keys from now on.
alter table touchpoints drop index if exists advertising_id_bloom;
alter table touchpoints drop index if exists idfv_bloom;
alter table touchpoints drop index if exists customer_user_id_bloom;

-- From an identifier to the installs that carry it, in the place of install_keys, which is not read any more: finely indexed
-- and by time, so that it is the same work among a hundred installs and among a hundred million.
-- key: `t:` click id or referrer click id, `a:` advertising id, `i:` idfv, `u:` customer user id, in comparable form, `d:`
-- device id, `p:` network address (IPv4 as it is, of IPv6 the /64 as 16 hex digits).
create table if not exists keyed_installs
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  key String,
  install_time DateTime64(3, 'UTC'),
  device_id String,
  environment LowCardinality(String),
  -- platform, os version and device model, with line feeds between: tells installs behind one network address apart
  traits LowCardinality(String),
  -- when the install arrived: what comes long after it does not decide it again
  received_at DateTime64(3, 'UTC'),
  -- true: an earlier install event of the device replaced the one that carried this key
  removed Bool,
  written_at DateTime64(3, 'UTC'),
  index received_at_range received_at type minmax granularity 1
)
engine = ReplacingMergeTree(written_at)
order by (org_id, app_id, key, install_time, device_id)
settings index_granularity = 128, min_compress_block_size = 8192, max_compress_block_size = 16384;

insert into keyed_installs
select org_id, app_id, key, install_time, device_id, environment, '' as traits, install_time as received_at, removed, written_at
from install_keys;

insert into keyed_installs
select
  org_id, app_id, concat('d:', device_id) as key, install_time, device_id, environment, '' as traits,
  install_time as received_at, false as removed, decided_at as written_at
from decisions;

-- JSON: up to three touchpoints of other media sources that helped, the most recent first
alter table decisions add column if not exists contributors String;
-- of the winner; 1 where nothing was guessed, 0 without a winner
alter table decisions add column if not exists probability Float32 default if(match_type = '', 0, 1);
alter table decisions add column if not exists is_retargeting Bool;
-- from then on only a click that the install itself names decides it again
alter table decisions add column if not exists settles_at DateTime64(3, 'UTC') default decided_at + toIntervalDay(1);

-- When each device was active, by days (UTC): a pause of a day or more lies between two rows. Filled by the attributor from
-- what was loaded; least and greatest time, so that a repetition adds nothing.
create table if not exists device_days
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  device_id String,
  environment LowCardinality(String),
  day Date32,
  first SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
  last SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
engine = AggregatingMergeTree
order by (org_id, app_id, device_id, environment, day)
settings index_granularity = 256;

insert into device_days
select org_id, app_id, device_id, environment, toDate32(event_time, 'UTC') as day, min(event_time) as first, max(event_time) as last
from events
where device_id != ''
group by org_id, app_id, device_id, environment, day
settings max_bytes_before_external_group_by = 1000000000;

-- Known devices that came back after a pause by a click: appended like decisions, the highest version of a conversion is the
-- current one. outcome `organic`: something that arrived late shows that there was no pause, or no click.
create table if not exists reengagements
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  device_id String,
  conversion_id String,
  conversion_time DateTime64(3, 'UTC'),
  version UInt32,
  decision_id String,
  decided_at DateTime64(3, 'UTC'),
  engine_version LowCardinality(String),
  settings_version UInt32,
  conversion_type LowCardinality(String),
  -- when the device was last active before; null: not known
  last_active_at Nullable(DateTime64(3, 'UTC')),
  outcome LowCardinality(String),
  match_type LowCardinality(String),
  probability Float32,
  is_retargeting Bool,
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
  -- JSON: the event as the engine saw it, the candidates in rank order, the rules that were hit
  conversion String,
  candidates String,
  rule_hits String,
  settles_at DateTime64(3, 'UTC'),
  supersedes String
)
engine = ReplacingMergeTree(decided_at)
order by (org_id, app_id, device_id, conversion_id, version);
