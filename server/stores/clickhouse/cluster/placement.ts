/**
 * Where the rows of each table lie on a cluster: `everywhere`, a full copy on every server (small tables, and those that
 * are joined to all others), or on the shard that an expression chooses. Rows of which only the newest counts (Replacing…)
 * must meet on one shard, so the expression may use columns of the table's sort key only; a test holds that. A device's
 * events and decisions are on one shard, because reports join them.
 */
export const PLACEMENT: Readonly<Record<string, 'everywhere' | { shardBy: string }>> = {
  schema_migrations: 'everywhere',
  events: { shardBy: 'cityHash64(app_id, device_id)' },
  decisions: { shardBy: 'cityHash64(app_id, device_id)' },
  events_15m: { shardBy: 'cityHash64(app_id, bucket, event_name)' },
  touchpoints: { shardBy: 'cityHash64(app_id, touchpoint_id)' },
  rejected_events: { shardBy: 'cityHash64(app_id, rejected_id)' },
  dead_letter_replays: { shardBy: 'cityHash64(app_id, rejected_id)' },
  touchpoint_keys: { shardBy: 'cityHash64(app_id, touchpoint_id)' },
  device_days: { shardBy: 'cityHash64(app_id, device_id)' },
  reengagements: { shardBy: 'cityHash64(app_id, device_id)' },
  keyed_installs: { shardBy: 'cityHash64(app_id, key)' },
  install_keys: { shardBy: 'cityHash64(app_id, key)' },
  event_ids: { shardBy: 'cityHash64(hash)' },
  replay_installs: { shardBy: 'cityHash64(app_id, device_id)' },
  replay_decisions: { shardBy: 'cityHash64(app_id, device_id)' },
  costs: 'everywhere',
  exchange_rates: 'everywhere',
  load_progress: 'everywhere',
  load_plans: 'everywhere',
  loader_status: 'everywhere',
  attributor_progress: 'everywhere',
  rollup_rebuilds: 'everywhere',
}

/**
 * Where a table's rows lie.
 * @throws Error for a table that nobody has placed
 */
export function placementOf(table: string): 'everywhere' | { shardBy: string } {
  const placement = PLACEMENT[table]
  if (placement === undefined) {
    throw new Error(`The table ${table} has no place on a cluster. Give it one in PLACEMENT (cluster/placement.ts).`)
  }
  return placement
}

/** The table that holds a table's rows on each server: behind the Distributed table of the plain name, or itself. */
export function localName(table: string): string {
  return placementOf(table) === 'everywhere' ? table : `${table}_local`
}
