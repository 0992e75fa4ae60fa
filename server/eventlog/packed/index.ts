export {
  INPUT_TYPES,
  PACKED_EVENT_COLUMNS,
  PACKED_EVENT_NAMES,
  PACKED_EVENT_STRUCTURE,
  PACKED_SCHEMA,
  type PackedColumn,
  type PackedType,
} from './columns.ts'
export { INDEX_ENTRY, INDEX_KEY_AT, INDEX_LENGTH_AT, isSoundPacked, rowLength, rowsStart } from './layout.ts'
export { millionthsOf, packFrame, packRow, type UnpackedRow, unpackRow, unpackRows } from './rows.ts'
