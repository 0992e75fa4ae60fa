import { constants, createReadStream, existsSync } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse'
import { importCosts } from '#server/modules/costs/index.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import { importRates } from '#server/modules/rates/index.ts'
import { env } from '#server/platform/env.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { openClickHouse } from '#server/stores/index.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { waitForLoader } from './backup/cut.ts'
import { fromExport, readJson } from './exported-rows.ts'
import { importDecisions } from './import-decisions.ts'
import { readLines } from './lines.ts'
import { type Product, say } from './product.ts'

export const KINDS = ['events', 'touchpoints', 'costs', 'rates', 'decisions'] as const
export const FORMATS = ['csv', 'ndjson', 'parquet'] as const

/** What an import did; duplicates were there before, by their id. */
export interface Imported {
  accepted: number
  rejected: number
  duplicates: number
}

interface Job {
  orgId: OrgId
  appId: AppId
  kind: (typeof KINDS)[number]
  format: (typeof FORMATS)[number]
  file: string
}

const BATCH_ROWS = 2000
const BATCH_BYTES = 4 * 2 ** 20

/**
 * Imports a file. Events and touchpoints go through a collector like everybody's, so that the same rules, dead letters and
 * deduplication hold; importing a file twice changes nothing.
 */
export async function importFile(product: Product, job: Job): Promise<Imported> {
  await access(job.file, constants.R_OK).catch((error: Error) => {
    throw new Error(`${job.file} cannot be read: ${error.message}`)
  })
  if (job.kind === 'costs' || job.kind === 'rates') {
    const text = await csvText(job)
    const scope = wholeOrganization(job.orgId)
    const result =
      job.kind === 'costs' ? await importCosts({ ...scope, apps: [job.appId] }, text) : await importRates(scope, text)
    for (const { line, field, message } of result.rejected.slice(0, 20)) say(`line ${line}: ${field ?? ''} ${message}`)
    return { accepted: result.accepted, rejected: result.rejected.length, duplicates: result.duplicates }
  }
  if (job.kind === 'decisions') return importDecisions(job, jsonLines(job))
  return importRows(product, job)
}

/** Costs and rates are small: they are read whole, as CSV. */
async function csvText({ format, file }: Job): Promise<string> {
  const rows: Record<string, unknown>[] = []
  if (format === 'csv') {
    let text = ''
    for await (const chunk of createReadStream(file, 'utf8')) text += String(chunk)
    return text
  }
  for await (const line of readLines(file, format)) rows.push(JSON.parse(line) as Record<string, unknown>)
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cell = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`
  return [columns.join(','), ...rows.map((row) => columns.map((column) => cell(row[column])).join(','))].join('\n')
}

async function* jsonLines({ format, file }: Job): AsyncGenerator<string> {
  if (format !== 'csv') {
    yield* readLines(file, format)
    return
  }
  const NUMBERS = new Set(['revenue'])
  const OBJECTS = new Set(['properties', 'consent', 'sub_params'])
  for await (const record of createReadStream(file).pipe(parse({ columns: true, bom: true, skip_empty_lines: true }))) {
    const row: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(record as Record<string, string>)) {
      // `\N` is how ClickHouse writes an absent value.
      if (value === '' || value === '\\N') continue
      // What does not read as number or JSON stays text: the collector then refuses it and names the field.
      if (NUMBERS.has(name) && Number.isFinite(Number(value))) row[name] = Number(value)
      else if (name.endsWith('_time') && /^\d+$/.test(value)) row[name] = Number(value)
      else if (OBJECTS.has(name)) row[name] = readJson(value)
      else row[name] = value
    }
    yield JSON.stringify(row)
  }
}

async function importRows(product: Product, job: Job): Promise<Imported> {
  const collector = await product.collector()
  const scope = job.kind === 'events' ? 'events:write' : 'touchpoints:write'
  const { keyId, secretKey } = await createSecretKey(
    job.orgId,
    { name: `Import of ${job.kind}`, scopes: [scope] },
    product.admin,
  )
  const requestIds: string[] = []
  const done: Imported = { accepted: 0, rejected: 0, duplicates: 0 }
  const send = async (lines: string[]) => {
    const answer = await post(`${collector}/v1/${job.kind}`, lines.join('\n'), {
      authorization: `Bearer ${secretKey}`,
      'x-app-id': job.appId,
    })
    if (answer.requestId) requestIds.push(answer.requestId)
    done.accepted += answer.accepted
    done.rejected += answer.rejected.length
    for (const { code, message, field } of answer.rejected.slice(0, 3)) say(`${code} ${field}: ${message}`)
  }
  try {
    let batch: string[] = []
    let bytes = 0
    for await (const given of jsonLines(job)) {
      const line = fromExport(given)
      batch.push(line)
      bytes += Buffer.byteLength(line)
      if (batch.length < BATCH_ROWS && bytes < BATCH_BYTES) continue
      await send(batch)
      say(`${done.accepted + done.rejected} rows sent`)
      batch = []
      bytes = 0
    }
    if (batch.length > 0) await send(batch)
  } finally {
    await product.admin.secretKey.update({ where: { id: keyId }, data: { revokedAt: new Date() } })
  }
  done.duplicates = done.accepted - (await loadedRows(product, job, requestIds, done.accepted))
  return done
}

interface Answer {
  accepted: number
  rejected: { code: string; message: string; field: string }[]
  requestId: string | null
}

/** Posts a batch; waits and tries again while the collector is busy or away. */
export async function post(url: string, body: string, headers: Record<string, string>): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
    })
    const text = await response.text()
    if (response.status === 202 || response.status === 422) {
      const { accepted = 0, rejected = [] } = JSON.parse(text) as Partial<Answer>
      return { accepted, rejected, requestId: response.headers.get('x-request-id') }
    }
    if ((response.status !== 429 && response.status !== 503) || attempt > 100)
      throw new Error(`The collector answered ${response.status}: ${text.slice(0, 500)}`)
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000)
  }
}

/** How long no further row may come before a loader elsewhere counts as done, in milliseconds. */
const STILL_MS = 10_000

/** How many rows of these requests can be queried, once the loader has passed what was acknowledged. */
async function loadedRows(product: Product, job: Job, requestIds: string[], expected: number): Promise<number> {
  const { CLICKHOUSE_URL = '', CLICKHOUSE_DATABASE, DATA_DIR } = env()
  const client = openClickHouse(CLICKHOUSE_URL, CLICKHOUSE_DATABASE, 'unmogrowp-admin')
  const count = async () => {
    const result = await client.query({
      query: `select count() as n from ${job.kind}
        where org_id = {org:String} and app_id = {app:String} and request_id in {ids:Array(String)}`,
      query_params: { org: job.orgId, app: job.appId, ids: requestIds },
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ n: number }>()
    return Number(row?.n ?? 0)
  }
  try {
    if (existsSync(join(DATA_DIR, 'log'))) {
      await waitForLoader(product, client, DATA_DIR)
      return await count()
    }
    // The collector and its log are on another machine: all there is to see is that rows still come.
    let found = await count()
    for (let since = Date.now(); found < expected && Date.now() - since < STILL_MS; ) {
      await sleep(250)
      const now = await count()
      if (now > found) since = Date.now()
      found = now
    }
    return found
  } finally {
    await client.close()
  }
}
