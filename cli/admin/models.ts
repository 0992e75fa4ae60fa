import { createReadStream } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { z } from 'zod'
import {
  creditByModel,
  DEFAULT_PARAMETERS,
  type ModelParameters,
  MULTI_TOUCH_MODELS,
  type PathRow,
} from '#server/modules/attribution/index.ts'
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
 * @param parameters half-life (one step of a path stands for one day), position weights and order of the Markov chain
 * @returns what `npm run admin -- models` prints: credit by model and channel
 * @throws Error naming line and column of what does not fit
 */
export async function creditPaths(
  file: string,
  parameters: ModelParameters = DEFAULT_PARAMETERS,
): Promise<{ models: Record<string, ReturnType<typeof creditByModel>> }> {
  const rows = await readPaths(file)
  return {
    models: Object.fromEntries(MULTI_TOUCH_MODELS.map((model) => [model, creditByModel(rows, model, parameters)])),
  }
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

const halfLife = z.coerce
  .number({ error: 'is not a number of days' })
  .gt(0, 'is more than 0 days')
  .max(3650, 'is at most 3650 days')
const weights = z
  .string()
  .regex(/^\d+(\.\d+)?\/\d+(\.\d+)?\/\d+(\.\d+)?$/, 'is written like 40/20/40')
  .transform((text) => {
    const [first = 0, middle = 0, last = 0] = text.split('/').map((percent) => Number(percent) / 100)
    return { first, middle, last }
  })
  .refine(({ first, middle, last }) => Math.abs(first + middle + last - 1) < 1e-9, 'adds up to 100')
const order = z
  .enum(['1', '2', '3'], { error: 'is 1, 2 or 3' })
  .transform((text) => (text === '3' ? 3 : text === '2' ? 2 : 1))

/** `npm run admin -- models`: all multi-touch models over a file of paths. */
export const modelsCommand = defineAlone(
  'models',
  '--paths FILE.csv [--half-life DAYS] [--position 40/20/40] [--markov-order 1|2|3]',
  {
    paths: required,
    'half-life': halfLife.default(DEFAULT_PARAMETERS.halfLifeDays),
    position: weights.default(DEFAULT_PARAMETERS.positionWeights),
    'markov-order': order.default(DEFAULT_PARAMETERS.markovOrder),
  },
  ({ paths, 'half-life': halfLifeDays, position: positionWeights, 'markov-order': markovOrder }) =>
    creditPaths(paths, { halfLifeDays, positionWeights, markovOrder }),
)
