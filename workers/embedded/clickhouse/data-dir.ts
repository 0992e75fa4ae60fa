import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Session } from 'chdb'
import { z } from 'zod'
import { defaultMemoryLimit, writeEngineConfig } from './engine-config.ts'
import { type HandoverFolder, openHandoverFolder } from './handover.ts'

/** The data directory cannot be had: somebody else holds it, or the engine does not open it. */
export class DataDirError extends Error {
  /** @param message what happened and what to do next */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DataDirError'
  }
}

/** An opened data directory. */
export interface DataDir {
  /** Where the engine keeps its tables. */
  enginePath: string
  /** Where request and result bodies lie while they are in use; emptied at every start. */
  spoolPath: string
  /** Where clients on this machine put bodies; emptied at every start. */
  handover: HandoverFolder
  /** The session that keeps the engine open, for kills and small questions. */
  root: Session
  /** Closes the engine and gives the directory free. */
  close(): void
}

const ownerSchema = z.object({ pid: z.number().int().positive(), since: z.string() })

// The engine binds one directory per process and would let a second server share it without a word.
let openHere: string | undefined

/**
 * Opens a data directory for this process alone. The lock is the engine's own (held on `engine/status` and given back
 * by the system when the process dies, however it dies), so a killed process leaves nothing to clean up.
 * @throws DataDirError when another process, or another server in this one, holds it
 */
export function openDataDir(dataDir: string, memoryLimitBytes = defaultMemoryLimit()): DataDir {
  const base = resolve(dataDir)
  if (openHere !== undefined) {
    throw new DataDirError(`This process already runs the engine on ${openHere}. Use one process per data directory.`)
  }
  const enginePath = join(base, 'engine')
  const spoolPath = join(base, 'spool')
  const ownerPath = join(base, 'owner.json')
  const configPath = join(base, 'engine-config.xml')
  mkdirSync(enginePath, { recursive: true })
  writeEngineConfig(configPath, memoryLimitBytes)

  let root: Session
  try {
    root = new Session(enginePath, { connectionArgs: [`--config-file=${configPath}`] })
  } catch (cause) {
    throw refusal(base, ownerPath, cause)
  }
  openHere = base
  writeFileSync(ownerPath, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }))
  rmSync(spoolPath, { recursive: true, force: true })
  mkdirSync(spoolPath)
  const handover = openHandoverFolder(join(base, 'handover'))
  return {
    enginePath,
    spoolPath,
    handover,
    root,
    close() {
      root.close()
      openHere = undefined
      rmSync(ownerPath, { force: true })
      rmSync(spoolPath, { recursive: true, force: true })
      handover.close()
    },
  }
}

function refusal(base: string, ownerPath: string, cause: unknown): DataDirError {
  const owner = readOwner(ownerPath)
  if (owner !== undefined && owner.pid !== process.pid && isAlive(owner.pid)) {
    return new DataDirError(
      `The data directory ${base} is in use by process ${owner.pid} (since ${owner.since}). Stop that process, or choose another directory.`,
      { cause },
    )
  }
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new DataDirError(
    `The engine could not open the data directory ${base}: ${reason}. Another process may hold it, it may not be writable, or a newer release wrote it.`,
    { cause },
  )
}

function readOwner(path: string): z.infer<typeof ownerSchema> | undefined {
  try {
    return ownerSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
