import { frontError } from './errors.ts'
import { quoteString, type Token, tokenize } from './sql.ts'

/**
 * What a statement is to this front.
 * `select` has a result that may be large; `insert-data` takes rows from outside its text; `insert-values` carries them
 * inline; `insert-select` computes them; `other` is everything else (DDL, SHOW, KILL, …).
 */
export type StatementKind = 'select' | 'insert-data' | 'insert-values' | 'insert-select' | 'other'

/** One statement, understood as far as the front needs to. */
export interface Statement {
  kind: StatementKind
  /** The text up to its end, without a closing semicolon; for `insert-data` without the data. */
  text: string
  /** The name in the FORMAT clause, if there is one. */
  format: string | undefined
  /** Where the FORMAT clause (or `VALUES` of an insert that waits for data) begins in {@link text}. */
  formatAt: number | undefined
  /** Where a SETTINGS clause before FORMAT begins in an `insert-data`. */
  settingsAt: number | undefined
  /** For `insert-data`: where the data begins in the original text. */
  dataAt: number
  /** For an `insert-data` that computes its rows from the body: the `input('<structure>')` in {@link text}. */
  input: InputCall | undefined
  /** Whether the statement asks for WITH TOTALS. */
  totals: boolean
  /** Whether stopping it half-way changes nothing: it may be killed when its client has gone. */
  readOnly: boolean
}

/** Where `input(…)` stands, and its argument as it is written, quotes included. */
interface InputCall {
  start: number
  end: number
  structure: string
}

const readOnlyWords = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'FROM', 'CHECK', '('])

/**
 * Reads one statement.
 * @throws EngineError 62 for more than one statement (as the real HTTP interface), 48 for INTO OUTFILE, which would
 *   write on the server's disk.
 */
export function readStatement(sql: string): Statement {
  const top: Token[] = []
  let first = ''
  let end = 0
  let closed = false
  let values: Token | undefined
  let totals = false
  let input: InputCall | undefined
  const last: Token[] = []
  const isWord = (t: Token | undefined, word: string) => t?.kind === 'word' && t.text.toUpperCase() === word

  for (const token of tokenize(sql)) {
    if (token.text === ';' && token.depth === 0) {
      closed = true
      continue
    }
    if (closed) throw frontError('SYNTAX_ERROR', 'Syntax error (Multi-statements are not allowed): send one at a time.')
    if (first === '') first = token.text.toUpperCase()
    end = token.end
    if (isWord(token, 'TOTALS')) totals = true
    if (first === 'INSERT' && input === undefined && values === undefined) {
      last.push(token)
      if (last.length > 5) last.shift()
      input = inputCall(last)
    }
    if (token.depth > 0 || values !== undefined) continue

    const before = top.at(-1)
    if (first === 'INSERT' && isWord(before, 'FORMAT') && token.kind === 'word' && isFormatClause(top)) {
      if (input !== undefined || !top.some((t) => isWord(t, 'SELECT') || isWord(t, 'WITH'))) {
        return insertData(sql, top, token, input)
      }
    }
    if (first === 'INSERT' && isWord(token, 'VALUES') && top.length > 2) values = token
    if (isWord(before, 'INTO') && isWord(token, 'OUTFILE')) {
      throw frontError('NOT_IMPLEMENTED', 'INTO OUTFILE is not available over HTTP: read the response instead.')
    }
    top.push(token)
  }

  const text = sql.slice(0, end)
  const readOnly = readOnlyWords.has(first)
  const none = { format: undefined, formatAt: undefined, settingsAt: undefined, input: undefined }
  const base = { ...none, text, dataAt: sql.length, totals }
  if (values !== undefined) {
    const waits = values.end === end
    return { ...base, kind: waits ? 'insert-data' : 'insert-values', formatAt: values.start, readOnly: false }
  }
  if (top.some((t) => isWord(t, 'INSERT'))) return { ...base, kind: 'insert-select', readOnly: false }
  const clause = formatClause(top)
  const kind = first === 'SELECT' || first === 'WITH' || first === 'FROM' || first === '(' ? 'select' : 'other'
  return { ...base, kind, format: clause?.name, formatAt: clause?.at, readOnly }
}

/** `FORMAT` is a clause unless it names the table itself (`INSERT INTO format …`). */
function isFormatClause(top: Token[]): boolean {
  const before = top.at(-2)
  if (before === undefined) return false
  return before.text !== '.' && !['INTO', 'TABLE', 'FUNCTION'].includes(before.text.toUpperCase())
}

/** `FROM input('…')`, if these five tokens are it: then the rows of an INSERT … SELECT come with the request. */
function inputCall([from, name, open, structure, close]: readonly Token[]): InputCall | undefined {
  if (from?.text.toUpperCase() !== 'FROM' || name?.kind !== 'word' || name.text.toLowerCase() !== 'input') return
  if (open?.text !== '(' || structure?.kind !== 'literal' || close?.text !== ')') return
  return { start: name.start, end: close.end, structure: structure.text }
}

function insertData(sql: string, top: Token[], name: Token, input: InputCall | undefined): Statement {
  const settings = top.find((t, i) => i > 2 && t.kind === 'word' && t.text.toUpperCase() === 'SETTINGS')
  const blank = /^[ \t\r]*\n?/.exec(sql.slice(name.end, name.end + 64))?.[0].length ?? 0
  return {
    kind: 'insert-data',
    text: sql.slice(0, name.end),
    format: name.text,
    formatAt: top.at(-1)?.start,
    settingsAt: settings?.start,
    dataAt: name.end + blank,
    input,
    totals: false,
    readOnly: false,
  }
}

/** The FORMAT clause stands at the end, or only SETTINGS follow it. */
function formatClause(top: Token[]): { name: string; at: number } | undefined {
  for (let i = top.length - 2; i >= 0; i -= 1) {
    const word = top[i]
    const name = top[i + 1]
    const after = top[i + 2]
    if (word?.kind !== 'word' || word.text.toUpperCase() !== 'FORMAT' || name?.kind !== 'word') continue
    if (after !== undefined && after.text.toUpperCase() !== 'SETTINGS') continue
    return { name: name.text, at: word.start }
  }
  return undefined
}

/** The `insert-data` statement, reading its rows from a file instead of from the text. */
export function withInfile(statement: Statement, path: string): string {
  const { text, format, formatAt = text.length, settingsAt, input } = statement
  if (input !== undefined) {
    const file = `file(${quoteString(path)}, ${quoteString(format ?? 'Values')}, ${input.structure})`
    return `${text.slice(0, input.start)}${file}${text.slice(input.end, formatAt)}`.trimEnd()
  }
  const infile = `FROM INFILE ${quoteString(path)}`
  if (format === undefined) return `${text.slice(0, formatAt).trimEnd()}\n${infile} FORMAT Values`
  const cut = settingsAt ?? formatAt
  return `${text.slice(0, cut).trimEnd()}\n${infile} ${text.slice(cut)}`
}

/** The `select`, writing its result to a file that must not exist yet. */
export function withOutfile(statement: Statement, path: string, defaultFormat: string): string {
  const { text, format, formatAt = text.length } = statement
  const outfile = `INTO OUTFILE ${quoteString(path)}`
  if (format === undefined) return `${text}\n${outfile} FORMAT ${defaultFormat}`
  return `${text.slice(0, formatAt).trimEnd()}\n${outfile} ${text.slice(formatAt)}`
}
