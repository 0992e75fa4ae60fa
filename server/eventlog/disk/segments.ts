import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { type FileHandle, link, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const NAME = /^(\d{10})\.seg$/

/** The file of a segment. */
export function segmentPath(dir: string, segment: number): string {
  return join(dir, `${String(segment).padStart(10, '0')}.seg`)
}

/** Numbers of the segments in a folder, ascending. */
export function listSegments(dir: string): number[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1]
      return digits === undefined ? [] : [Number(digits)]
    })
    .sort((a, b) => a - b)
}

/** Makes a folder's entries durable: a new file's name is not on disk before its folder is. */
export async function syncDir(dir: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(dir, 'r')
    await handle.sync()
  } catch (error) {
    // Windows cannot open a folder as a file; there the file system keeps names by itself.
    if (process.platform !== 'win32') throw error
  } finally {
    await handle?.close()
  }
}

/**
 * The log's own id, a UUID that is made when the folder is first used, by whoever comes first.
 * A folder that is emptied gets a new one, and with it positions that nothing has loaded yet.
 */
export async function ensureLogId(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true })
  const file = join(dir, 'log-id')
  const draft = join(dir, `log-id.${process.pid}.${randomUUID()}`)
  const known = await readFile(file, 'utf8').catch(() => '')
  if (known.trim() !== '') return known.trim()
  await writeFile(draft, `${randomUUID()}\n`, { flush: true })
  try {
    // A link appears with its content or not at all, and only for the first of several processes.
    await link(draft, file)
    await syncDir(dir)
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
  } finally {
    await rm(draft, { force: true })
  }
  return (await readFile(file, 'utf8')).trim()
}

/** Whether an error is the system error of that code, such as `ENOSPC`. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}
