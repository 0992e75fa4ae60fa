import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { TruthRow } from './rows.ts'
import type { Simulation } from './simulate.ts'

const CHUNK = 1 << 20
const TRUTH_COLUMNS = ['device_id', 'cause', 'touchpoint_id', 'media_source', 'campaign', 'fraud'] as const

/** Writes lines to a new file; returns how many. Holds about a megabyte at a time. */
function writeLines<Row>(path: string, header: string, rows: Iterable<Row>, line: (row: Row) => string): number {
  const file = openSync(path, 'w')
  try {
    let text = header
    let count = 0
    for (const row of rows) {
      text += `${line(row)}\n`
      count++
      if (text.length >= CHUNK) {
        writeAll(file, text)
        text = ''
      }
    }
    writeAll(file, text)
    return count
  } finally {
    closeSync(file)
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

/**
 * Writes a simulation as `touchpoints.ndjson`, `events.ndjson` and `truth.csv` into a folder, which is made if need be;
 * earlier files of these names are replaced. Returns the number of rows of each.
 * @throws Error of node:fs when the folder cannot be written
 */
export function writeFiles({ touchpoints, events, truth }: Simulation, folder: string): Record<string, number> {
  mkdirSync(folder, { recursive: true })
  // No value of the truth can contain a comma or a quote.
  const csv = (row: TruthRow) => TRUTH_COLUMNS.map((column) => row[column]).join(',')
  return {
    touchpoints: writeLines(join(folder, 'touchpoints.ndjson'), '', touchpoints, JSON.stringify),
    events: writeLines(join(folder, 'events.ndjson'), '', events, JSON.stringify),
    installs: writeLines(join(folder, 'truth.csv'), `${TRUTH_COLUMNS.join(',')}\n`, truth, csv),
  }
}
