/*
 * A packed payload: an index with one entry a row, then the rows one behind the other. An entry, little-endian:
 *   0 hash (16) · 16 length of the row in bytes (4) · 20 key (4)
 * hash: md5 of `${app_id}\n${event_id}`, as it stands in front of the lines of an NDJSON frame.
 * key: 32-bit hash of the device id where the log has partitions, so that one device stays in order; 0 otherwise.
 */
export const INDEX_ENTRY = 24
export const INDEX_LENGTH_AT = 16
export const INDEX_KEY_AT = 20

/** Where the first row of a packed payload begins. */
export function rowsStart(rows: number): number {
  return rows * INDEX_ENTRY
}

/** The length in bytes of a row. */
export function rowLength(payload: Buffer, row: number): number {
  return payload.readUInt32LE(row * INDEX_ENTRY + INDEX_LENGTH_AT)
}

/** Whether the index of a packed payload fits its bytes. */
export function isSoundPacked(payload: Buffer, rows: number): boolean {
  let end = rowsStart(rows)
  if (rows < 1 || end > payload.length) return false
  for (let row = 0; row < rows; row += 1) end += rowLength(payload, row)
  return end === payload.length
}
