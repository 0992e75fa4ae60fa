import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'

const FILE = 'manifest.json'

const tableSchema = z.object({
  store: z.enum(['postgres', 'clickhouse']),
  table: z.string().regex(/^[a-z][a-z0-9_]*$/),
  /** Columns of a row of the file, in order; Postgres rows name their own. */
  columns: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/)),
  file: z.string().regex(/^[a-z]+\.[a-z0-9_]+\.(ndjson|tsv)\.gz$/),
  rows: z.number().int().nonnegative(),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})
/** One table's file in a backup. */
export type TableFile = z.output<typeof tableSchema>

const manifestSchema = z.object({
  format: z.literal(1, { error: 'A newer release wrote this backup in another format. Restore it with that release.' }),
  /** Release that wrote the backup. */
  release: z.string(),
  createdAt: z.iso.datetime(),
  /** Names of the applied migrations, in order. */
  migrations: z.object({ postgres: z.array(z.string()), clickhouse: z.array(z.string()) }),
  tables: z.array(tableSchema),
})
/** What a backup holds. It is written last: a folder without one is no finished backup. */
export type Manifest = z.output<typeof manifestSchema>

/** The release of this checkout, from package.json. */
export function release(): string {
  const text = readFileSync(resolve(import.meta.dirname, '../../../package.json'), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}

/** Writes the manifest, and with it ends a backup. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  await writeFile(join(dir, FILE), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flush: true })
}

/** @throws Error when the folder holds no finished backup, or one that this release does not read */
export async function readManifest(dir: string): Promise<Manifest> {
  const text = await readFile(join(dir, FILE), 'utf8').catch(() => {
    throw new Error(`${dir} holds no finished backup: it has no ${FILE}.`)
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Error(`${join(dir, FILE)} is damaged: it is not JSON.`)
  }
  const parsed = manifestSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${join(dir, FILE)} does not fit: ${issue?.path.join('.')}: ${issue?.message}`)
}

/**
 * Reads every file of a backup and holds its checksum against the manifest, before anything is restored.
 * @throws Error naming the first file that is missing or damaged
 */
export async function verifyFiles(dir: string, manifest: Manifest): Promise<void> {
  for (const { file, sha256 } of manifest.tables) {
    const hash = createHash('sha256')
    try {
      for await (const chunk of createReadStream(join(dir, file))) hash.update(chunk as Buffer)
    } catch (error) {
      throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (hash.digest('hex') !== sha256) {
      throw new Error(
        `${file} is damaged: its checksum differs from the manifest. Nothing was restored; use another copy.`,
      )
    }
  }
}

/**
 * Refuses a backup whose tables have another form than the target's.
 * @param target names of the migrations that the target has
 * @throws Error that says which release to use
 */
export function checkMigrations(backup: Manifest, target: Manifest['migrations']): void {
  for (const store of ['postgres', 'clickhouse'] as const) {
    const [theirs, ours] = [backup.migrations[store], target[store]]
    const newer = theirs.filter((name) => !ours.includes(name))
    const missing = ours.filter((name) => !theirs.includes(name))
    const head = `The backup was written by release ${backup.release}; this is release ${release()}`
    if (newer.length > 0) {
      throw new Error(
        `${head}, which does not know its ${store} migrations ${newer.join(', ')}. Restore it with release ${backup.release} or later.`,
      )
    }
    if (missing.length > 0) {
      throw new Error(
        `${head}, which has the ${store} migrations ${missing.join(', ')} besides. Restore it with release ${backup.release}, then start this release on the restored data: it migrates it.`,
      )
    }
  }
}
