/** How a packed column is written: ClickHouse's RowBinary of the type that `INPUT_TYPES` names. */
export type PackedType = 'text' | 'position' | 'time' | 'optional time' | 'flag' | 'optional money'

/**
 * The engine's types for reading packed rows. Text is plain String even where the table's column is LowCardinality:
 * reading straight into a dictionary row by row costs twice as much as casting the block afterwards.
 * Times are Unix milliseconds (Int64), money is a decimal with six places (Int64 of millionths).
 */
export const INPUT_TYPES: Record<PackedType, string> = {
  text: 'String',
  position: 'UInt64',
  time: 'DateTime64(3)',
  'optional time': 'Nullable(DateTime64(3))',
  flag: 'Bool',
  'optional money': 'Nullable(Decimal(18, 6))',
}

/** A column's name in the events table and how it is written. */
export type PackedColumn = readonly [name: string, type: PackedType]

/** Number of the column list below; it stands in each frame's head. A changed list gets a new number, old logs keep theirs. */
export const PACKED_SCHEMA = 1

/**
 * The columns of a packed event row, in the order of its bytes. `log_position` is zero in the log; the loader writes the
 * frame's position over it. Then what all rows of a request share, so that it is copied as one piece; then the event.
 */
export const PACKED_EVENT_COLUMNS: readonly PackedColumn[] = [
  ['log_position', 'position'],
  ['org_id', 'text'],
  ['app_id', 'text'],
  ['request_id', 'text'],
  ['received_at', 'time'],
  ['event_id', 'text'],
  ['event_name', 'text'],
  ['event_time', 'time'],
  ['is_late', 'flag'],
  ['environment', 'text'],
  ['platform', 'text'],
  ['device_id', 'text'],
  ['advertising_id', 'text'],
  ['idfv', 'text'],
  ['customer_user_id', 'text'],
  ['click_id', 'text'],
  ['install_referrer', 'text'],
  ['referrer_click_time', 'optional time'],
  ['install_begin_time', 'optional time'],
  ['referrer_click_time_server', 'optional time'],
  ['install_begin_time_server', 'optional time'],
  ['ip', 'text'],
  ['user_agent', 'text'],
  ['os_version', 'text'],
  ['app_version', 'text'],
  ['sdk_version', 'text'],
  ['device_model', 'text'],
  ['locale', 'text'],
  ['country', 'text'],
  ['revenue', 'optional money'],
  ['currency', 'text'],
  ['properties', 'text'],
  ['consent', 'text'],
]

/** The column names, for the insert's list; `log_id` comes from the insert's SELECT. */
export const PACKED_EVENT_NAMES: string = PACKED_EVENT_COLUMNS.map(([name]) => name).join(', ')

/** What `input()` is told: the columns with the types they are read as. Holds no quotes. */
export const PACKED_EVENT_STRUCTURE: string = PACKED_EVENT_COLUMNS.map(
  ([name, type]) => `${name} ${INPUT_TYPES[type]}`,
).join(', ')
