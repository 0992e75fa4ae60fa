-- The installs of a what-if replay, as they were decided when it began: what happens meanwhile changes nothing in it, and one
-- that was interrupted goes on over the same rows. Removed when the replay has ended.

create table if not exists replay_installs
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  snapshot_id LowCardinality(String),
  install_time DateTime64(3, 'UTC'),
  device_id String,
  conversion_type LowCardinality(String),
  outcome LowCardinality(String),
  match_type LowCardinality(String),
  touchpoint_id String,
  media_source LowCardinality(String),
  campaign LowCardinality(String),
  -- JSON: the install as the engine saw it
  install String,
  -- under which touchpoints and earlier installs of the device are looked for, as in touchpoint_keys; more than the engine
  -- finds is harmless, less is not
  keys Array(String),
  taken_at DateTime64(3, 'UTC')
)
engine = MergeTree
order by (org_id, app_id, snapshot_id, install_time, device_id)
ttl toDateTime(taken_at, 'UTC') + interval 14 day
settings index_granularity = 1024;

-- What a replay decided, beside what was decided before. A slice that is written again replaces itself.
create table if not exists replay_decisions
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  replay_id LowCardinality(String),
  device_id String,
  install_time DateTime64(3, 'UTC'),
  conversion_type LowCardinality(String),
  outcome LowCardinality(String),
  match_type LowCardinality(String),
  -- of the winner; 1 where nothing was guessed, 0 without a winner
  probability Float32,
  touchpoint_id String,
  touchpoint_type LowCardinality(String),
  touchpoint_time Nullable(DateTime64(3, 'UTC')),
  media_source LowCardinality(String),
  campaign LowCardinality(String),
  ad_set LowCardinality(String),
  ad LowCardinality(String),
  before_conversion_type LowCardinality(String),
  before_outcome LowCardinality(String),
  before_match_type LowCardinality(String),
  before_touchpoint_id String,
  before_media_source LowCardinality(String),
  before_campaign LowCardinality(String),
  engine_version LowCardinality(String),
  written_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(written_at)
order by (org_id, app_id, replay_id, device_id);
