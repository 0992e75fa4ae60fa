import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '#server/platform/logger.ts'
import { BODY_FOLDER_HEADER } from '#server/stores/clickhouse/handover.ts'

/** A smaller body is sent: two calls to the file system cost more than it does. */
const LARGE_BYTES = 1024 * 1024
/** Buffers in one call: Linux takes 1,024. */
const MOST_PIECES = 1_000

/**
 * Hands large bodies to an engine on this machine as files in the folder that its answers name. Where there is none (a
 * real server), or it is not ours to write to, bodies are sent.
 */
export class Handover {
  private folder: string | undefined
  private refused = false
  private readonly logger: Logger

  constructor(logger: Logger) {
    this.logger = logger
  }

  /** Takes the folder from the head of an answer. */
  learn(headers: Readonly<Record<string, string | string[] | undefined>>): void {
    const folder = headers[BODY_FOLDER_HEADER]
    if (!this.refused && typeof folder === 'string') this.folder = decodeURI(folder)
  }

  /**
   * Writes a body into the folder.
   * @returns the file; undefined where the body is to be sent
   */
  async put(pieces: readonly Buffer[]): Promise<HandedOver | undefined> {
    const { folder } = this
    if (folder === undefined || pieces.reduce((sum, { length }) => sum + length, 0) < LARGE_BYTES) return undefined
    const name = randomUUID()
    const path = join(folder, name)
    try {
      const file = await open(path, 'wx', 0o600)
      try {
        for (let from = 0; from < pieces.length; from += MOST_PIECES) {
          await writeWhole(file, pieces.slice(from, from + MOST_PIECES))
        }
      } finally {
        await file.close()
      }
      return { name, drop: () => rm(path, { force: true }) }
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined)
      // A full disk may have room again; a folder that is not here or not ours stays so.
      if (!(error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))) {
        this.refuse(error)
      }
      return undefined
    }
  }

  /** From now on bodies are sent: the engine does not find, or may not read, what stands in the folder. */
  refuse(error: unknown): void {
    this.refused = true
    this.folder = undefined
    this.logger.warn({ err: error }, 'bodies cannot be handed over as files and are sent')
  }
}

/** A body in the folder. */
export interface HandedOver {
  name: string
  /** Deletes it, if the engine has not. */
  drop(): Promise<void>
}

async function writeWhole(file: Awaited<ReturnType<typeof open>>, pieces: readonly Buffer[]): Promise<void> {
  let rest = [...pieces]
  while (rest.length > 0) {
    let { bytesWritten } = await file.writev(rest)
    while (rest[0] && bytesWritten >= rest[0].length) bytesWritten -= rest.shift()?.length ?? 0
    if (rest[0]) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)]
  }
}
