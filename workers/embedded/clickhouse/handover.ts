import { mkdirSync, rmSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { BODY_FILE_HEADER } from '#server/stores/clickhouse/handover.ts'
import { frontError } from './errors.ts'

/** Files of clients that were killed before they sent their request are deleted after an hour. */
const LEFT_MS = 3_600_000
const SWEEP_MS = 600_000

/** The folder through which clients on this machine hand over bodies without sending them: half of an insert's cost. */
export interface HandoverFolder {
  path: string
  /**
   * Where a client put the body of a request.
   * @throws EngineError 107 when there is no such file, 36 when the name is none that a client may give
   */
  find(name: string): Promise<string>
  close(): void
}

/** Opens the folder, empty. */
export function openHandoverFolder(path: string): HandoverFolder {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { mode: 0o700 })
  const timer = setInterval(() => void sweep(path), SWEEP_MS)
  timer.unref()
  return {
    path,
    async find(name) {
      // No separators and no dots: a name cannot lead out of the folder.
      if (!/^[A-Za-z0-9-]{1,64}$/.test(name)) {
        throw frontError('BAD_ARGUMENTS', `${BODY_FILE_HEADER} must be a file's name of letters, digits and hyphens.`)
      }
      const file = join(path, name)
      const found = await stat(file).catch(() => undefined)
      if (!found?.isFile()) throw frontError('FILE_DOESNT_EXIST', `There is no ${name} in the folder for bodies.`)
      return file
    },
    close() {
      clearInterval(timer)
      rmSync(path, { recursive: true, force: true })
    },
  }
}

async function sweep(path: string): Promise<void> {
  const before = Date.now() - LEFT_MS
  for (const name of await readdir(path).catch(() => [])) {
    const file = join(path, name)
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (mtimeMs < before) await rm(file, { force: true }).catch(() => undefined)
  }
}
