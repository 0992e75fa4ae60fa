import { createReadStream } from 'node:fs'
import { access, constants, mkdtemp, rm } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { importCosts } from '#server/modules/costs/index.ts'
import {
  type Counts,
  type FILE_FORMATS,
  fingerprintOf,
  parquetToLines,
  type RefusedRow,
  type ROW_KINDS,
  readLines,
  refusedFile,
  takeImport,
} from '#server/modules/imports/index.ts'
import { importRates } from '#server/modules/rates/index.ts'
import { env } from '#server/platform/env.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { openClickHouse } from '#server/stores/index.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { runImport } from '#workers/jobs/imports/run.ts'
import { type Product, say, WAITING } from './product.ts'

export const KINDS = ['events', 'touchpoints', 'costs', 'rates', 'decisions'] as const satisfies readonly (
  | (typeof ROW_KINDS)[number]
  | 'costs'
  | 'rates'
)[]
export const FORMATS = ['csv', 'ndjson', 'parquet', 'appsflyer'] as const satisfies typeof FILE_FORMATS

/** What an import did; duplicates were there before, by their id. */
export type Imported = Counts

interface Job {
  orgId: OrgId
  appId: AppId
  kind: (typeof KINDS)[number]
  format: (typeof FORMATS)[number]
  /** Columns of the file that become fields of ours. */
  mapping?: Record<string, string>
  file: string
}

/**
 * Imports a file. Rows of events, touchpoints and decisions go in piece by piece: an import that was interrupted goes on
 * where it durably was when the same command is run again, and importing a file twice changes nothing.
 */
export async function importFile(product: Product, job: Job): Promise<Imported> {
  await access(job.file, constants.R_OK).catch((error: Error) => {
    throw new Error(`${job.file} cannot be read: ${error.message}`)
  })
  const { kind, format } = job
  if (format === 'appsflyer' && kind !== 'events')
    throw new Error('format: a file of AppsFlyer’s raw data is imported with --kind events.')
  if (kind !== 'costs' && kind !== 'rates') return importRows(product, { ...job, kind })
  const text = await csvText(job)
  const scope = wholeOrganization(job.orgId)
  const result =
    kind === 'costs' ? await importCosts({ ...scope, apps: [job.appId] }, text) : await importRates(scope, text)
  for (const { line, field, message } of result.rejected.slice(0, 20)) say(`line ${line}: ${field ?? ''} ${message}`)
  return { accepted: result.accepted, rejected: result.rejected.length, duplicates: result.duplicates }
}

/** Costs and rates are small: they are read whole, as CSV. */
async function csvText({ format, file }: Job): Promise<string> {
  const rows: Record<string, unknown>[] = []
  if (format === 'csv') {
    let text = ''
    for await (const chunk of createReadStream(file, 'utf8')) text += String(chunk)
    return text
  }
  const scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-import-'))
  try {
    const lines = join(scratch, 'rows.ndjson')
    if (format === 'parquet') await parquetToLines(resolve(file), lines)
    for await (const { text } of readLines(format === 'parquet' ? lines : file))
      rows.push(JSON.parse(text) as Record<string, unknown>)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))].join('\n')
}

/** At most one line of progress in so many milliseconds. */
const SAY_EVERY_MS = 2000
const MOST_REFUSED_SAID = 20

async function importRows(product: Product, job: Job & { kind: (typeof ROW_KINDS)[number] }): Promise<Imported> {
  const { CLICKHOUSE_URL = '', CLICKHOUSE_DATABASE, DATA_DIR, EVENT_LOG } = env()
  const file = resolve(job.file)
  const { kind, format, mapping = {} } = job
  const worker = `${hostname()}:${process.pid}`
  const { fingerprint, bytes } = await fingerprintOf(file)
  const held = await takeImport(
    job,
    { kind, format, mapping },
    { name: basename(file).slice(0, 200), bytes, fingerprint },
    worker,
    product.admin,
    () => say('Another process holds the import of this file. Waiting until it ends or has been silent for a while …'),
  )
  if (held.rowsDone > 0) say(`This file was imported up to row ${held.rowsDone} before. Going on after it.`)
  const clickhouse = openClickHouse(CLICKHOUSE_URL, CLICKHOUSE_DATABASE, 'unmogrowp-admin')
  const began = Date.now()
  let said = began
  let refused = 0
  const sayRefused = (rows: readonly RefusedRow[]) => {
    for (const { line, field, code, message } of rows) {
      refused += 1
      if (refused <= MOST_REFUSED_SAID) say(`line ${line}: ${field ? `${field}: ` : ''}${message} (${code})`)
    }
  }
  try {
    const result = await runImport(held, file, {
      worker,
      postgres: product.admin,
      clickhouse,
      env: { DATA_DIR, EVENT_LOG },
      // Decisions are written to the store itself.
      collector: kind === 'decisions' ? '' : await product.collector(),
      onWaiting: async () => {
        say(WAITING)
        if (product.kind === 'embedded') await product.loader()
      },
      onRefused: sayRefused,
      onHeld: (installs) => say(`${installs} installs were decided here before; those decisions stand.`),
      onProgress: ({ rowsDone, accepted, rejected }) => {
        if (Date.now() - said < SAY_EVERY_MS) return
        said = Date.now()
        const rate = Math.round((rowsDone - held.rowsDone) / ((said - began) / 1000))
        say(`${rowsDone} rows, ${rate} a second: ${accepted} accepted, ${rejected} refused`)
      },
    })
    if (result.duplicates === null) {
      say(
        'How many rows were there before is not known: the loaders did not report that they are done with them. Nothing is lost.',
      )
    }
    if (result.rejected > 0) say(`Every refused row with its reason: ${refusedFile(DATA_DIR, held.id)}`)
    return result
  } finally {
    await clickhouse.close()
  }
}
