import { frontError } from './errors.ts'
import { quoteString } from './sql.ts'

/** URL parameters of the HTTP interface that are no settings of the engine. */
const notSettings = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'user',
  'password',
  'session_id',
  'session_check',
  'session_timeout',
  'role',
  'quota_key',
  'compress',
  'decompress',
  'stacktrace',
  'wait_end_of_query',
  'buffer_size',
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'log_comment',
])

/** Whether a URL parameter is for the front alone and must not be handed to the engine as a setting. */
export function isFrontParameter(name: string): boolean {
  return notSettings.has(name) || name.startsWith('http_') || name.startsWith('param_')
}

/** The engine's `max_query_size` unless it is set, in bytes. */
const defaultQuerySize = 262_144

/**
 * SET statements for settings and query parameters; none where there are none of these. A
 * long list in a parameter makes the statement longer than `max_query_size`, which is raised first, for this session.
 * A parameter's value is in the escaped form of the HTTP interface (`\t`, `\\N`), which the engine reads itself.
 * @throws EngineError 36 for a name that is no identifier
 */
export function setStatements(settings: Map<string, string>, params: Map<string, string>): string[] {
  const parts: string[] = []
  for (const [name, value] of params) parts.push(`${checked(`param_${name}`)} = ${quoteString(value)}`)
  for (const [name, value] of settings) parts.push(`${checked(name)} = ${quoteString(value)}`)
  if (parts.length === 0) return []
  const set = `SET ${parts.join(', ')}`
  const size = Buffer.byteLength(set)
  return size < defaultQuerySize ? [set] : [`SET max_query_size = ${size + defaultQuerySize}`, set]
}

function checked(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  throw frontError('BAD_ARGUMENTS', `'${name.slice(0, 100)}' is no valid name of a setting or parameter.`)
}
