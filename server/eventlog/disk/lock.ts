import { readFileSync, unlinkSync, utimesSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isCode } from './segments.ts'

/** How often the holder touches its lock, and after which silence a holder on another host counts as gone. */
const BEAT_MS = 2_000
const SILENT_MS = 30_000

/** Somebody else holds the lock. */
export class DirLockedError extends Error {
  constructor(file: string, holder: string) {
    super(`${file} is held by ${holder}. Only one process may do this work in a folder: stop that one first.`)
    this.name = 'DirLockedError'
  }
}

/** A lock that this process holds until it releases it or dies. */
export interface DirLock {
  release(): void
}

interface Holder {
  pid: number
  host: string
  /** Start of the process in the system's own ticks, so that a reused pid is not taken for the holder; '' if unknown. */
  started: string
}

/**
 * Takes a lock file, or says who holds it. A holder that is gone (killed, or silent for 30 s on another host) loses it.
 * @param file path of the lock file
 * @param options waitMs: how long to wait for a living holder (default 0); signal ends the waiting
 * @throws DirLockedError when it is still held after the wait; the signal's reason when aborted
 */
export async function acquireDirLock(
  file: string,
  options: { waitMs?: number; signal?: AbortSignal } = {},
): Promise<DirLock> {
  await mkdir(dirname(file), { recursive: true })
  const deadline = Date.now() + (options.waitMs ?? 0)
  const mine: Holder = { pid: process.pid, host: hostname(), started: processStart(process.pid) }
  const text = JSON.stringify(mine)
  for (;;) {
    options.signal?.throwIfAborted()
    if (await tryTake(file, text)) return hold(file, text)
    const holder = await readHolder(file)
    if (holder !== undefined && (await isGone(file, holder))) await clear(file, holder)
    else if (Date.now() >= deadline) throw new DirLockedError(file, nameOf(holder))
    else await sleep(Math.min(250, Math.max(1, deadline - Date.now())), undefined, { signal: options.signal })
  }
}

async function tryTake(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  await writeFile(draft, text)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

function hold(file: string, text: string): DirLock {
  const beat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date())
    } catch {
      // The file was taken away; the next start will see that it is free.
    }
  }, BEAT_MS)
  beat.unref()
  return {
    release() {
      clearInterval(beat)
      try {
        if (readFileSync(file, 'utf8') === text) unlinkSync(file)
      } catch {
        // Already gone.
      }
    },
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, host, started } = value as Partial<Holder>
    return { pid: Number(pid), host: String(host), started: String(started ?? '') }
  } catch {
    return undefined
  }
}

async function isGone(file: string, holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }))
    return Date.now() - mtimeMs > SILENT_MS
  }
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return isCode(error, 'ESRCH')
  }
  return holder.started !== '' && processStart(holder.pid) !== holder.started
}

/** Removes the lock of a holder that is gone, unless another process has done so and taken it meanwhile. */
async function clear(file: string, holder: Holder): Promise<void> {
  const aside = `${file}.stale.${process.pid}`
  try {
    await rename(file, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  const moved = await readHolder(aside)
  const same = moved?.pid === holder.pid && moved.host === holder.host && moved.started === holder.started
  if (!same) await link(aside, file).catch(() => undefined)
  await rm(aside, { force: true })
}

function nameOf(holder: Holder | undefined): string {
  return holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
}

/**
 * When a process began, as a text that no later process of the same number has; empty where the system does not tell.
 * Linux counts it in ticks since boot: field 22 of /proc/<pid>/stat, after the name in brackets.
 */
export function processStart(pid: number): string {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot}/${line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
  } catch {
    return ''
  }
}
