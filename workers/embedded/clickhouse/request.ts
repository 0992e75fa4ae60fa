import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { BODY_FILE_HEADER } from '#server/stores/clickhouse/handover.ts'
import { frontError } from './errors.ts'
import { parseFormData } from './form-data.ts'
import { isFrontParameter } from './settings.ts'

/** What a request asks for, before its body is read. */
export interface QueryRequest {
  /** The query in the URL or in the form; for POST the body follows it. */
  query: string
  params: Map<string, string>
  settings: Map<string, string>
  database: string | undefined
  defaultFormat: string
  queryId: string
  logComment: string
  /** The file that is the body of an insert, where the client put it into the folder for bodies. */
  bodyFile: string | undefined
  /** Send nothing until the statement has ended, so that every error comes with its status. */
  waitEndOfQuery: boolean
  /** The response's Content-Encoding, where the client asked for one. */
  encoding: 'gzip' | 'deflate' | 'br' | 'zstd' | undefined
}

const isTrue = (value: string | null) => value === '1' || value === 'true'

/**
 * Reads URL, headers and (for parameters sent as a form) nothing else of a request.
 * @throws EngineError 48 for what the embedded engine cannot do: HTTP sessions, roles, native compression
 */
export function readRequest(request: IncomingMessage, url: URL): QueryRequest {
  const search = url.searchParams
  if (search.has('session_id')) {
    throw frontError('NOT_IMPLEMENTED', 'HTTP sessions (session_id) are not available on the embedded engine.')
  }
  if (search.has('role')) throw frontError('NOT_IMPLEMENTED', 'Roles are not available on the embedded engine.')
  if (isTrue(search.get('compress')) || isTrue(search.get('decompress'))) {
    throw frontError('NOT_IMPLEMENTED', 'Native compression is not available; use HTTP compression (Content-Encoding).')
  }
  const params = new Map<string, string>()
  const settings = new Map<string, string>()
  for (const [name, value] of search) {
    if (name.startsWith('param_')) params.set(name.slice('param_'.length), value)
    else if (!isFrontParameter(name)) settings.set(name, value)
  }
  // As on the real server: what is asked by GET changes nothing.
  if (request.method === 'GET' && !settings.has('readonly')) settings.set('readonly', '2')
  return {
    query: search.get('query') ?? '',
    params,
    settings,
    database: search.get('database') ?? header(request, 'x-clickhouse-database'),
    defaultFormat: search.get('default_format') ?? header(request, 'x-clickhouse-format') ?? 'TabSeparated',
    queryId: (search.get('query_id') ?? '').replace(/[^\x21-\x7e]/g, '_') || randomUUID(),
    logComment: search.get('log_comment') ?? '',
    bodyFile: header(request, BODY_FILE_HEADER),
    waitEndOfQuery: isTrue(search.get('wait_end_of_query')) || isTrue(search.get('http_wait_end_of_query')),
    encoding: isTrue(search.get('enable_http_compression')) ? acceptedEncoding(request) : undefined,
  }
}

/** Adds the fields of a `multipart/form-data` body: `query` and `param_*`. */
export function addForm(target: QueryRequest, contentType: string, body: string): void {
  for (const [name, value] of parseFormData(contentType, body)) {
    if (name === 'query') target.query += value
    else if (name.startsWith('param_')) target.params.set(name.slice('param_'.length), value)
  }
}

function acceptedEncoding(request: IncomingMessage): QueryRequest['encoding'] {
  const accepted = request.headers['accept-encoding'] ?? ''
  for (const encoding of ['gzip', 'zstd', 'br', 'deflate'] as const) {
    if (new RegExp(`(^|[ ,])${encoding}($|[ ,;])`).test(accepted)) return encoding
  }
  return undefined
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}
