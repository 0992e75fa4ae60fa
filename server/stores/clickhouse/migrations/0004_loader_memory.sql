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
  log_position UInt64
)
engine = MergeTree
partition by toMonday(day)
order by (kind, hash)
ttl day + interval 30 day
settings index_granularity = 512, ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- Which stretch of a log is being loaded, written before its first insert: whoever takes the log over loads the same
-- stretch under the same deduplication tokens. One row for each process and assignment (owner); claimed_at orders them, so
-- that a process that was thought dead sees that it has a successor before it inserts anything more.
create table if not exists load_plans
(
  log_id LowCardinality(String),
  owner String,
  claimed_at DateTime64(6, 'UTC') default now64(6),
  from_position UInt64,
  next_position UInt64,
  -- of the inserts of the stretch: a repetition that comes to other tokens looks first which rows are there
  tokens String,
  written_at DateTime64(3, 'UTC') default now64(3)
)
engine = ReplacingMergeTree(next_position)
order by (log_id, owner);

-- Many loaders insert at once: a log that changes hands after seconds must still find its tokens.
alter table events modify setting non_replicated_deduplication_window = 10000;
alter table touchpoints modify setting non_replicated_deduplication_window = 10000;
alter table rejected_events modify setting non_replicated_deduplication_window = 10000;
