import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import type { DiffTarget, MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg'

const HERE = import.meta.dirname
const NO_FILTER = { externalTables: [], externalEnums: [] }

/** Reads prisma/schema/*.prisma, sorted by name. */
async function schemaFiles(): Promise<{ path: string; content: string }[]> {
  const folder = join(HERE, 'schema')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.prisma')).sort()
  return Promise.all(
    names.map(async (name) => ({ path: join(folder, name), content: await readFile(join(folder, name), 'utf8') })),
  )
}

/** Reads prisma/migrations/<name>/migration.sql, sorted by name. */
async function migrationList(): Promise<MigrationList> {
  const baseDir = join(HERE, 'migrations')
  const entries = (await readdir(baseDir, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      entries.map(async (path) => ({
        path,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(baseDir, path, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  }
}

/**
 * The pg adapter cuts scripts at every semicolon, function bodies and comments included. Postgres takes a whole script
 * in one message and runs it as one transaction, so a migration that fails leaves nothing behind.
 */
class WholeScriptAdapter extends PrismaPg {
  readonly #opened: { dispose(): Promise<void> }[] = []

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect()
    adapter.executeScript = async (script) => {
      await adapter.underlyingDriver().query(script)
    }
    this.#opened.push(adapter)
    return adapter
  }

  /** Closes the connections: the engine's own `free` leaves them open. */
  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((adapter) => adapter.dispose()))
  }
}

/**
 * Opens Prisma's schema engine as WebAssembly over the pg adapter. The engine's usual form is a binary that Prisma
 * downloads at install time; this one comes inside an npm package, so that a machine with only the registry can migrate.
 */
async function withEngine<T>(adminUrl: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  engineModule ??= loadEngineModule()
  const module = await engineModule
  const adapter = new WholeScriptAdapter({ connectionString: adminUrl })
  const datamodels = (await schemaFiles()).map(({ path, content }): [string, string] => [path, content])
  const factory = bindMigrationAwareSqlAdapterFactory(adapter)
  const engine = await module.SchemaEngine.new({ datamodels }, () => undefined, factory)
  try {
    return await work(engine)
  } finally {
    engine.free()
    await adapter.close()
  }
}

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg')
/** Once per process: the module keeps views of the first instance's memory. */
let engineModule: Promise<EngineModule> | undefined

async function loadEngineModule(): Promise<EngineModule> {
  const module = await import('@prisma/schema-engine-wasm/schema_engine_bg')
  const require = createRequire(import.meta.url)
  const wasmFile = join(dirname(require.resolve('@prisma/schema-engine-wasm')), 'schema_engine_bg.wasm')
  const imports = { './schema_engine_bg.js': module as unknown as WebAssembly.ModuleImports }
  const { instance } = await WebAssembly.instantiate(await readFile(wasmFile), imports)
  module.__wbg_set_wasm(instance.exports)
  const start = instance.exports.__wbindgen_start
  if (typeof start === 'function') start()
  return module
}

/**
 * Applies the migrations that the database does not have yet; running it again changes nothing.
 * @param adminUrl the owner's connection
 * @returns names of the migrations applied now
 * @throws Error naming the migration that failed
 */
export function migratePostgres(adminUrl: string): Promise<string[]> {
  return withEngine(adminUrl, async (engine) => {
    const result = await engine.applyMigrations({ migrationsList: await migrationList(), filters: NO_FILTER })
    return result.appliedMigrationNames
  })
}

/**
 * The SQL that makes prisma/schema's tables in an empty database: where a new migration starts from, and what a test
 * holds the migrations against.
 * @param adminUrl any database the engine may connect to; it is not read
 */
export function schemaSql(adminUrl: string): Promise<string> {
  return withEngine(adminUrl, async (engine) => {
    const to: DiffTarget = { tag: 'schemaDatamodel', files: await schemaFiles() }
    const result = await engine.diff({ from: { tag: 'empty' }, to, script: true, exitCode: null, filters: NO_FILTER })
    return result.stdout ?? ''
  })
}
