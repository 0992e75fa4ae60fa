import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Cluster, renderForCluster } from './cluster/render.ts'

const FOLDER = join(import.meta.dirname, 'migrations')

/** A numbered file of SQL, as one server or a cluster is given it. */
export interface Migration {
  name: string
  /** Of the file, whoever is given it: a released file never changes. */
  checksum: string
  statements: string[]
}

/** Splits a migration file into statements: each ends with a semicolon at the end of a line; comment lines are left out. */
export function splitStatements(sql: string): string[] {
  return sql
    .split('\n')
    .filter((line) => !/^\s*--/.test(line))
    .join('\n')
    .split(/;\s*(?:\n|$)/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** A statement for one server as it stands, or as the statements for a cluster. */
export function render(statement: string, cluster: Cluster | undefined): string[] {
  return cluster === undefined ? [statement] : renderForCluster(statement, cluster)
}

/**
 * Every migration, in order.
 * @param cluster undefined: one server
 */
export async function readMigrations(cluster?: Cluster): Promise<Migration[]> {
  const names = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(FOLDER, name), 'utf8')
      const checksum = createHash('sha256').update(sql).digest('hex')
      return { name, checksum, statements: splitStatements(sql).flatMap((statement) => render(statement, cluster)) }
    }),
  )
}
