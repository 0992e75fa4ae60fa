import { createReadStream } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { creditByModel, MULTI_TOUCH_MODELS, type PathRow } from '#server/modules/attribution/index.ts'
import { defineAlone, required } from './define.ts'

type Column = 'path' | 'conversions' | 'value' | 'nulls'
/** Our name of each column, and the one under which the R package ChannelAttribution publishes its data. */
const COLUMNS: Record<Column, readonly string[]> = {
  path: ['path'],
  conversions: ['conversions', 'total_conversions'],
  value: ['value', 'total_conversion_value'],
  nulls: ['nulls', 'total_null'],
}

/**
 * Shares the conversions of path data among channels by every multi-touch model.
 * @param file CSV with the columns `path` (`a > b > c`), `conversions`, `value` and, where known, `nulls`
 * @returns what `npm run admin -- models` prints: credit by model and channel
 * @throws Error naming line and column of what does not fit
 */
export async function creditPaths(file: string): Promise<{ models: Record<string, ReturnType<typeof creditByModel>> }> {
  const rows = await readPaths(file)
  return { models: Object.fromEntries(MULTI_TOUCH_MODELS.map((model) => [model, creditByModel(rows, model)])) }
}

async function readPaths(file: string): Promise<PathRow[]> {
  const rows: PathRow[] = []
  let places: Record<Column, number> | undefined
  const parser = parse({ bom: true, info: true, skip_empty_lines: true, trim: true })
  // A pipe carries no errors: a file that cannot be read would leave the parser waiting.
  createReadStream(file)
    .once('error', (error) => parser.destroy(new Error(`paths: ${file} cannot be read: ${error.message}`)))
    .pipe(parser)
  const records: AsyncIterable<{ record: string[]; info: { lines: number } }> = parser
  try {
    for await (const { record, info } of records) {
      if (places) rows.push(pathRow(record, places, info.lines))
      else places = findColumns(record)
    }
  } catch (error) {
    if (error instanceof CsvError) throw new Error(`line ${String(error.lines)}: ${error.message}`)
    throw error
  }
  if (!places)
    throw new Error(`line 1: ${file} is empty. Its first line names the columns: path,conversions,value,nulls`)
  return rows
}

function findColumns(header: string[]): Record<Column, number> {
  const names = header.map((name) => name.toLowerCase())
  const place = (column: Column) => names.findIndex((name) => COLUMNS[column].includes(name))
  for (const column of ['path', 'conversions', 'value'] as const) {
    if (place(column) < 0)
      throw new Error(`line 1, column ${column}: is missing. Its columns are ${header.join(', ')}.`)
  }
  return { path: place('path'), conversions: place('conversions'), value: place('value'), nulls: place('nulls') }
}

function pathRow(record: string[], places: Record<Column, number>, line: number): PathRow {
  const channels = (record[places.path] ?? '').split('>').flatMap((name) => name.trim() || [])
  if (channels.length === 0) throw new Error(`line ${line}, column path: names no channel. Write it as: a > b > c`)
  const amount = (column: Column) => {
    const text = places[column] < 0 ? '' : (record[places[column]] ?? '')
    const number = text === '' && column === 'nulls' ? 0 : Number(text || Number.NaN)
    if (Number.isFinite(number) && number >= 0) return number
    throw new Error(`line ${line}, column ${column}: ${text || 'an empty cell'} is not a number of at least 0.`)
  }
  return { channels, conversions: amount('conversions'), value: amount('value'), nulls: amount('nulls') }
}

export const modelsCommand = defineAlone('models', '--paths FILE.csv', { paths: required }, ({ paths }) =>
  creditPaths(paths),
)
