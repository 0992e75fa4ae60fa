-- Dead letters that were sent again, and what became of it: the newest row of a letter counts.

create table if not exists dead_letter_replays
(
  org_id LowCardinality(String),
  app_id LowCardinality(String),
  rejected_id String,
  replayed_at DateTime64(3, 'UTC'),
  -- whether the collector took it this time
  accepted Bool,
  -- whether it was corrected before
  edited Bool,
  -- the person's id; empty for the command line
  replayed_by String
)
engine = ReplacingMergeTree(replayed_at)
order by (org_id, app_id, rejected_id);

-- How far each loader is behind its log, as it says itself every few seconds: the console has no other way to tell a quiet
-- app from a loader that stands still. Not tenant data.
create table if not exists loader_status
(
  log_id LowCardinality(String),
  -- age of the oldest frame that is not loaded yet
  lag_ms UInt64,
  lag_bytes UInt64,
  reported_at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(reported_at)
order by log_id;
