import { unpackRows } from '../packed/index.ts'
import { type FrameInput, PACKED } from '../types.ts'

const TIMES = /_at$|_time$|_time_server$/

/**
 * The rows of a frame as plain objects, whichever way it is written: columns that are empty, false or null are left out,
 * times are ISO texts, revenue is a number.
 * @throws Error when the number of rows is not what the frame says
 */
export function frameRows({ payload, rows, encoding }: FrameInput): Record<string, unknown>[] {
  if (encoding === PACKED) return unpackRows(payload, rows).map((row) => shown(row))
  const lines = payload.toString().split('\n')
  if (lines.pop() !== '' || lines.length !== rows) throw new Error(`The frame does not hold ${rows} lines.`)
  return lines.map((line) => JSON.parse(line.slice(33)) as Record<string, unknown>)
}

function shown(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(row).filter(
    ([name, value]) => name !== 'log_position' && value !== '' && value !== null && value !== false,
  )
  return Object.fromEntries(
    given.map(([name, value]) => [
      name,
      TIMES.test(name) ? new Date(Number(value)).toISOString() : name === 'revenue' ? Number(value) : value,
    ]),
  )
}
