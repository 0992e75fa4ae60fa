import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '#server/platform/logger.ts'
import { Handover } from './handover.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'unmogrowp-hand over-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const pieces = Array.from({ length: 2_500 }, (_, n) => Buffer.alloc(1_000, n % 251))

function handover(path: string): Handover {
  const made = new Handover(createLogger('test', 'silent'))
  made.learn({ 'x-body-folder': encodeURI(path) })
  return made
}

describe('a large body', () => {
  it('stands whole in the folder that the engine named, and goes when it is dropped', async () => {
    const file = await handover(folder).put(pieces)
    expect(Buffer.concat(pieces).equals(await readFile(join(folder, file?.name ?? '')))).toBe(true)
    await file?.drop()
    expect(await readdir(folder)).toEqual([])
  })

  it('is sent where no engine named a folder', async () => {
    expect(await new Handover(createLogger('test', 'silent')).put(pieces)).toBeUndefined()
  })

  it('is sent from then on where the folder is not on this machine', async () => {
    const absent = handover(join(folder, 'absent'))
    expect(await absent.put(pieces)).toBeUndefined()
    absent.learn({ 'x-body-folder': encodeURI(folder) })
    expect(await absent.put(pieces)).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })
})

describe('a small body', () => {
  it('is sent', async () => {
    expect(await handover(folder).put(pieces.slice(0, 10))).toBeUndefined()
  })
})
