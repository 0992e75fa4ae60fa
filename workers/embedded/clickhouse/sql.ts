/** A lexical piece of a statement, with where it stands and how many brackets are open around it. */
export interface Token {
  kind: 'word' | 'literal' | 'sign'
  text: string
  start: number
  end: number
  depth: number
}

const wordStart = /[A-Za-z_]/
const wordPart = /[A-Za-z0-9_$]/
const space = /\s/

/**
 * Splits SQL into tokens without the blanks and comments, lazily, so that data after an INSERT is never scanned.
 * Knows ClickHouse's quotes ('', "", ``), backslashes, heredocs ($tag$…$tag$) and comments (--, #, / * * /).
 */
export function* tokenize(sql: string): Generator<Token> {
  let i = 0
  let depth = 0
  while (i < sql.length) {
    const c = sql.charAt(i)
    const next = sql.charAt(i + 1)
    if (space.test(c)) {
      i += 1
    } else if ((c === '-' && next === '-') || (c === '#' && (next === ' ' || next === '!'))) {
      const eol = sql.indexOf('\n', i)
      i = eol < 0 ? sql.length : eol + 1
    } else if (c === '/' && next === '*') {
      const close = sql.indexOf('*/', i + 2)
      i = close < 0 ? sql.length : close + 2
    } else if (c === "'" || c === '"' || c === '`') {
      const end = quotedEnd(sql, i, c)
      yield { kind: 'literal', text: sql.slice(i, end), start: i, end, depth }
      i = end
    } else if (c === '$' && /^\$\w*\$/.test(sql.slice(i, i + 64))) {
      const tag = /^\$\w*\$/.exec(sql.slice(i, i + 64))?.[0] ?? '$$'
      const close = sql.indexOf(tag, i + tag.length)
      const end = close < 0 ? sql.length : close + tag.length
      yield { kind: 'literal', text: sql.slice(i, end), start: i, end, depth }
      i = end
    } else if (wordStart.test(c)) {
      let end = i + 1
      while (end < sql.length && wordPart.test(sql.charAt(end))) end += 1
      yield { kind: 'word', text: sql.slice(i, end), start: i, end, depth }
      i = end
    } else if (/[0-9]/.test(c)) {
      let end = i + 1
      while (end < sql.length && /[A-Za-z0-9_.]/.test(sql.charAt(end))) end += 1
      yield { kind: 'literal', text: sql.slice(i, end), start: i, end, depth }
      i = end
    } else {
      if (c === ')' || c === ']' || c === '}') depth = Math.max(0, depth - 1)
      yield { kind: 'sign', text: c, start: i, end: i + 1, depth }
      if (c === '(' || c === '[' || c === '{') depth += 1
      i += 1
    }
  }
}

function quotedEnd(sql: string, start: number, quote: string): number {
  let i = start + 1
  while (i < sql.length) {
    const c = sql.charAt(i)
    if (c === '\\') i += 2
    else if (c !== quote) i += 1
    else if (sql.charAt(i + 1) === quote) i += 2
    else return i + 1
  }
  return sql.length
}

/** Quotes text as a ClickHouse string literal. */
export function quoteString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** Quotes text as a ClickHouse identifier. */
export function quoteIdentifier(text: string): string {
  return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
