import { createReadStream } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { readText, spoolBody } from './body.ts'
import { EngineError, engineError, frontError } from './errors.ts'
import { isStreamable } from './formats.ts'
import type { HandoverFolder } from './handover.ts'
import type { RunOptions, SessionPool } from './pool.ts'
import type { Job, JobStats } from './protocol.ts'
import { addForm, type QueryRequest } from './request.ts'
import { QueryResponse } from './response.ts'
import { setStatements } from './settings.ts'
import { quoteIdentifier } from './sql.ts'
import { readStatement, type Statement, withInfile, withOutfile } from './statement.ts'

/** What answering a query needs. */
export interface QueryContext {
  pool: SessionPool
  /** Where bodies lie while they are in use. */
  spoolPath: string
  handover: HandoverFolder
}

let nextFile = 1

/**
 * Settings of an insert from a body, unless the client sets them. One thread parses a file as fast as two here, and
 * leaves the other core to everybody else; smaller blocks than a million rows keep a large insert out of swap.
 */
const insertSettings = [
  ['max_threads', '1'],
  ['max_insert_threads', '1'],
  ['max_insert_block_size', '262144'],
  ['min_insert_block_size_rows', '262144'],
  ['min_insert_block_size_bytes', '67108864'],
] as const

/**
 * Answers one query: reads its body, runs it on a session, sends the result or ClickHouse's error. Never rejects.
 * When the client goes away, a query that changes nothing (and INSERT … SELECT) is killed; a statement that changes
 * tables or an insert whose body has arrived whole runs to its end.
 */
export async function answerQuery(
  context: QueryContext,
  request: IncomingMessage,
  response: ServerResponse,
  asked: QueryRequest,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const files: string[] = []
  const newFile = () => {
    const path = join(context.spoolPath, `${nextFile++}`)
    files.push(path)
    return path
  }
  let answer = new QueryResponse(response, asked, asked.defaultFormat)
  try {
    const { bodyFile } = asked
    const handedOver = bodyFile === undefined ? undefined : await context.handover.find(bodyFile)
    if (handedOver !== undefined) files.push(handedOver)
    const { statement, dataPath } = await readQuery(request, asked, handedOver, newFile)
    const format = statement.kind === 'insert-data' ? asked.defaultFormat : (statement.format ?? asked.defaultFormat)
    answer = new QueryResponse(response, asked, format)
    const options: RunOptions = {
      logComment: asked.logComment,
      signal: gone.signal,
      killable: statement.readOnly || statement.kind === 'insert-select',
    }
    const setup = sessionSetup(asked, statement)
    const written = writtenRows(statement)
    if (statement.kind === 'select' && !streams(statement, asked, format)) {
      const path = newFile()
      const sql = withOutfile(statement, path, format)
      const stats = await context.pool.run({ setup, sql, format, stream: false }, () => {}, options)
      await sendFile(answer, path)
      answer.end(stats, written)
      return
    }
    const job: Job = {
      setup,
      sql: dataPath === undefined ? statement.text : withInfile(statement, dataPath),
      format,
      stream: statement.kind === 'select',
    }
    const stats: JobStats = await context.pool.run(job, (bytes) => answer.write(bytes), options)
    answer.end(stats, written)
  } catch (error) {
    answer.fail(error instanceof EngineError ? error : engineError(error instanceof Error ? error.message : ''))
  } finally {
    await Promise.all(files.map((path) => rm(path, { force: true })))
  }
}

/** Reads the whole query, with the data of an insert in a file. */
async function readQuery(
  request: IncomingMessage,
  asked: QueryRequest,
  handedOver: string | undefined,
  newFile: () => string,
): Promise<{ statement: Statement; dataPath: string | undefined }> {
  if (asked.query !== '' && request.method !== 'GET') {
    const inUrl = readStatement(asked.query)
    if (handedOver === undefined && inUrl.kind === 'insert-data' && inUrl.dataAt >= asked.query.length) {
      const dataPath = newFile()
      await spoolBody(request, dataPath)
      return { statement: inUrl, dataPath }
    }
  }
  const sql = await readSql(request, asked)
  if (sql.trim() === '') throw frontError('SYNTAX_ERROR', 'Syntax error: the query is empty.')
  const statement = readStatement(sql)
  if (handedOver !== undefined) {
    if (statement.kind === 'insert-data' && sql.slice(statement.dataAt).trim() === '')
      return { statement, dataPath: handedOver }
    throw frontError('BAD_ARGUMENTS', 'A file can only be the body of an insert that brings no data of its own.')
  }
  if (statement.kind !== 'insert-data') return { statement, dataPath: undefined }
  const dataPath = newFile()
  await writeFile(dataPath, sql.slice(statement.dataAt))
  return { statement, dataPath }
}

async function readSql(request: IncomingMessage, asked: QueryRequest): Promise<string> {
  if (request.method === 'GET') return asked.query
  const type = request.headers['content-type'] ?? ''
  const body = await readText(request)
  if (type.startsWith('multipart/form-data')) {
    addForm(asked, type, body)
    return asked.query
  }
  return asked.query === '' ? body : `${asked.query}\n${body}`
}

function streams(statement: Statement, asked: QueryRequest, format: string): boolean {
  if (asked.waitEndOfQuery || statement.totals || !isStreamable(format)) return false
  const { settings } = asked
  return settings.get('extremes') !== '1' && settings.get('output_format_json_array_of_rows') !== '1'
}

function sessionSetup(asked: QueryRequest, statement: Statement): string[] {
  const settings = new Map(asked.settings)
  if (statement.kind === 'insert-data') {
    for (const [name, value] of insertSettings) if (!settings.has(name)) settings.set(name, value)
  }
  const setup: string[] = []
  if (asked.database !== undefined && asked.database !== '') setup.push(`USE ${quoteIdentifier(asked.database)}`)
  setup.push(...setStatements(settings, asked.params))
  return setup
}

async function sendFile(answer: QueryResponse, path: string): Promise<void> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    await answer.write(chunk)
  }
}

/** What the engine's row count means: it counts what an insert took from outside, and not what INSERT … SELECT wrote. */
function writtenRows(statement: Statement): 'none' | 'all' | 'unknown' {
  if (statement.kind === 'insert-select') return 'unknown'
  return statement.kind === 'insert-data' || statement.kind === 'insert-values' ? 'all' : 'none'
}
