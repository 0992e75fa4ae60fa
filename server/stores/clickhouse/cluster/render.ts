import { localName, placementOf } from './placement.ts'

/** A cluster as its servers' `remote_servers` names it, and the product's database on them. */
export interface Cluster {
  name: string
  database: string
}

/** Seconds that a replicated table remembers tokens: a loader that comes back after a week still repeats without doubling. */
const WINDOW_SECONDS = 604_800

/**
 * A migration's statement as the statements that do the same on a cluster. Each table of rows becomes a replicated one on
 * every server, under its own name where all of it is everywhere, otherwise as `<name>_local` behind a Distributed table of
 * the plain name: queries and inserts need not know the difference. Servers must have the macros `{shard}` and `{replica}`.
 * @param statement as the file has it, without comments and semicolon
 * @throws Error for a statement that no rule covers, so that no migration is half rendered
 */
export function renderForCluster(statement: string, cluster: Cluster): string[] {
  const on = ` on cluster '${cluster.name}'`
  return (
    database(statement, on) ??
    table(statement, on, cluster) ??
    view(statement, on) ??
    alteration(statement, on) ??
    insertion(statement) ??
    unknown(statement)
  )
}

function unknown(statement: string): never {
  throw new Error(`This statement has no form for a cluster: ${statement.slice(0, 120)}`)
}

function database(statement: string, on: string): string[] | undefined {
  return /^create database if not exists \w+$/i.test(statement) ? [statement + on] : undefined
}

function table(statement: string, on: string, cluster: Cluster): string[] | undefined {
  const head = /^create table if not exists (\w+)\s*(?=\()/i.exec(statement)
  if (!head) return undefined
  const [start, name = ''] = head
  const columnsEnd = closing(statement, start.length)
  const engine = /^\s*engine = (\w*MergeTree)/i.exec(statement.slice(columnsEnd))
  if (!engine) return unknown(statement)
  const [text, kind = ''] = engine
  let rest = columnsEnd + text.length
  let args = ''
  if (statement.charAt(rest) === '(') {
    const end = closing(statement, rest)
    args = `, ${statement.slice(rest + 1, end - 1)}`
    rest = end
  }
  const placement = placementOf(name)
  // A table that is everywhere is one set of replicas over all shards.
  const path = `/clickhouse/tables/${placement === 'everywhere' ? 'all' : '{shard}'}/{database}/${name}`
  const replica = placement === 'everywhere' ? '{shard}-{replica}' : '{replica}'
  const local = localName(name)
  const own = `create table if not exists ${local}${on}\n${statement.slice(start.length, columnsEnd)}
engine = Replicated${kind}('${path}', '${replica}'${args})${windows(statement.slice(rest))}`
  if (placement === 'everywhere') return [own]
  return [
    own,
    `create table if not exists ${name}${on} as ${local}
engine = Distributed('${cluster.name}', '${cluster.database}', '${local}', ${placement.shardBy})`,
  ]
}

/** A view reads what arrives on its server and writes it there; both tables of it are sharded, or neither is. */
function view(statement: string, on: string): string[] | undefined {
  const head = /^create materialized view if not exists (\w+) to (\w+) as\b/i.exec(statement)
  if (!head) return undefined
  const [start, name = '', target = ''] = head
  const sources = [...statement.matchAll(/\b(?:from|join)\s+(\w+)/gi)]
  const [source] = sources
  if (sources.length !== 1 || source?.[1] === undefined) return unknown(statement)
  if ((localName(target) === target) !== (localName(source[1]) === source[1])) return unknown(statement)
  const end = source.index + source[0].length
  const select = statement.slice(start.length, end - source[1].length) + localName(source[1]) + statement.slice(end)
  return [`create materialized view if not exists ${name}${on} to ${localName(target)} as${select}`]
}

/** Columns are the business of both tables; settings, indexes and rows of the one that has the rows. */
function alteration(statement: string, on: string): string[] | undefined {
  const head = /^alter table (\w+)\s+(add|drop|modify|rename|comment|materialize|clear|delete|update)\b\s*(\w+)/i.exec(
    statement,
  )
  if (!head) return undefined
  const [, name = '', verb = '', what = ''] = head
  const action = windows(statement.slice(`alter table ${name}`.length))
  const local = localName(name)
  const own = `alter table ${local}${on}${action}`
  const ofColumn = what.toLowerCase() === 'column' && /^(add|drop|modify|rename|comment)$/i.test(verb)
  return ofColumn && local !== name ? [own, `alter table ${name}${on}${action}`] : [own]
}

/** Runs once, through the Distributed tables. */
function insertion(statement: string): string[] | undefined {
  const head = /^insert into (\w+)\b/i.exec(statement)
  if (!head?.[1]) return undefined
  placementOf(head[1])
  return [statement]
}

/** How long tokens of inserts are remembered is another setting for replicated tables. */
function windows(text: string): string {
  return text.replace(
    /\bnon_replicated_deduplication_window = (\d+)/g,
    `replicated_deduplication_window = $1, replicated_deduplication_window_seconds = ${WINDOW_SECONDS}`,
  )
}

/** Where the bracket that opens at `at` is closed, exclusive; brackets in quotes do not count. */
function closing(text: string, at: number): number {
  let depth = 0
  for (const match of text.slice(at).matchAll(/'(?:[^'\\]|\\.)*'|[()]/g)) {
    if (match[0] === '(') depth += 1
    if (match[0] === ')') depth -= 1
    if (depth === 0) return at + match.index + 1
  }
  return unknown(text)
}
