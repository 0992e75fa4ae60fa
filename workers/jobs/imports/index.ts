import { randomUUID } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { claimImport, folderOf, type HeldImport, LostImport, uploadedFile } from '#server/modules/imports/index.ts'
import type { Env } from '#server/platform/env.ts'
import type { Logger } from '#server/platform/logger.ts'
import { clickhouse, postgres } from '#server/stores/index.ts'
import { runImport } from './run.ts'

/** How often a free worker asks for work. */
const ASK_EVERY_MS = 2000
/** Files of imports that did not end, and lists of refused rows, are kept so long. */
const KEPT_MS = 7 * 86_400_000

interface Tools {
  env: Pick<Env, 'DATA_DIR' | 'EVENT_LOG' | 'COLLECTOR_URL'>
  logger: Logger
}

/**
 * Runs the imports that people start in the console, one at a time. A worker that is stopped or killed leaves its import to
 * the next one, which goes on where it durably was.
 * @returns stops after handing back what is under way
 */
export function workOnImports({ env, logger }: Tools): () => Promise<void> {
  const stopping = new AbortController()
  const worker = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const pause = () => sleep(ASK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const held = await claimImport(worker).catch((error: unknown) => {
        logger.warn({ err: error }, 'imports cannot be asked for; trying again')
        return null
      })
      if (held) await runOne(held, worker, { env, logger }, stopping.signal)
      else await pause()
    }
  }
  const running = loop()
  return async () => {
    stopping.abort(new Error('The process is stopping.'))
    await running
  }
}

async function runOne(held: HeldImport, worker: string, { env, logger }: Tools, signal: AbortSignal): Promise<void> {
  const log = logger.child({ import: held.id, org: held.orgId, app: held.appId })
  const file = uploadedFile(env.DATA_DIR, held.id)
  log.info({ rowsDone: held.rowsDone }, 'an import begins')
  try {
    const counts = await runImport(held, file, {
      worker,
      postgres: postgres(),
      clickhouse: clickhouse(),
      env,
      collector: env.COLLECTOR_URL,
      signal,
      onHeld: (installs) => log.info({ installs }, 'installs that were decided here before keep their decisions'),
    })
    log.info(counts, 'an import has ended')
    await rm(file, { force: true })
  } catch (error) {
    if (error instanceof LostImport || signal.aborted) log.info({ reason: String(error) }, 'an import was interrupted')
    else log.error({ err: error }, 'an import failed')
  }
}

/** Removes what imports left in DATA_DIR/uploads longer than a week ago. */
export async function cleanUpUploads(dataDir: string, now = Date.now()): Promise<void> {
  const folder = folderOf(dataDir)
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const path = join(folder, name)
    const found = await stat(path).catch(() => undefined)
    if (found && now - found.mtimeMs > KEPT_MS) await rm(path, { recursive: true, force: true })
  }
}
