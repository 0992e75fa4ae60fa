-- What the loader remembers between its processes. Neither table is tenant data: ids are hashes.

-- Every id that was loaded, by which a repeated one is known for certain: hash is MD5(app_id, line feed, id) of an event,
-- touchpoint or refused event. Sorted by the hash and finely indexed, because a batch asks for some hundred of them at
-- random. Partitioned by week of arrival, so that what is past its time goes as whole parts.
create table if not exists event_ids
(
  log_id LowCardinality(String),
  kind LowCardinality(String),
  hash FixedString(16) codec(NONE),
  -- day of arrival, UTC
  day Date,
  position UInt64
)
engine = MergeTree
partition by toMonday(day)
order by (kind, hash)
ttl day + interval 30 day
settings index_granularity = 512, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 1000;

-- Which stretch of a log is being loaded, written before its first insert: whoever takes the log over loads the same
-- stretch under the same deduplication tokens.
create table if not exists load_plans
(
  log_id LowCardinality(String),
  from_position UInt64,
  next_position UInt64,
  written_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(written_at)
order by log_id;
