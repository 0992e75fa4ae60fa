import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { openClickHouse } from './client.ts'

const FOLDER = join(import.meta.dirname, 'migrations')

/** Splits a migration file into statements: each ends with a semicolon at the end of a line; comment lines are left out. */
export function statements(sql: string): string[] {
  return sql
    .split('\n')
    .filter((line) => !/^\s*--/.test(line))
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/**
 * Applies the numbered migrations the database does not have yet. Every statement is idempotent, so a run that was
 * killed half way is repaired by the next one.
 * @param url address of the ClickHouse HTTP interface
 * @param database created when absent
 * @returns names of the migrations applied now
 * @throws Error when an applied migration's text has changed since
 */
export async function migrateClickHouse(url: string, database: string): Promise<string[]> {
  const server = openClickHouse(url, 'default', 'unmogrowp-migrate')
  try {
    await server.command({ query: `create database if not exists ${database}` })
  } finally {
    await server.close()
  }
  const client = openClickHouse(url, database, 'unmogrowp-migrate')
  try {
    return await applyAll(client)
  } finally {
    await client.close()
  }
}

async function applyAll(client: ClickHouseClient): Promise<string[]> {
  await client.command({
    query: `create table if not exists schema_migrations (name String, checksum String, applied_at DateTime64(3, 'UTC') default now64(3))
      engine = ReplacingMergeTree(applied_at) order by name`,
  })
  const result = await client.query({
    query: 'select name, checksum from schema_migrations final',
    format: 'JSONEachRow',
  })
  const known = new Map(
    (await result.json<{ name: string; checksum: string }>()).map((row) => [row.name, row.checksum]),
  )
  const applied: string[] = []
  for (const name of (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()) {
    const sql = await readFile(join(FOLDER, name), 'utf8')
    const checksum = createHash('sha256').update(sql).digest('hex')
    const before = known.get(name)
    if (before === checksum) continue
    if (before !== undefined)
      throw new Error(`ClickHouse migration ${name} was changed after it had been applied. Add a new one instead.`)
    for (const query of statements(sql)) await client.command({ query })
    await client.insert({ table: 'schema_migrations', values: [{ name, checksum }], format: 'JSONEachRow' })
    applied.push(name)
  }
  return applied
}
