import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPlanFile } from './plan.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unmogrowp-plan-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('the plan that a loader of release 0.1.0 left', () => {
  const write = async (text: string) => {
    const file = join(dir, 'loader-plan.json')
    await writeFile(file, text)
    return file
  }
  const plan = JSON.stringify({ logId: 'log', from: '100', next: '200' })

  it('names the stretch it had begun, without tokens, so that the tables are looked at', async () => {
    expect(await readPlanFile(await write(plan), 'log', 100n)).toEqual({ from: 100n, next: 200n, tokens: '', age: 0 })
  })

  it.each([
    ['the stretch is loaded', plan, 'log', 200n],
    ['the log is another', plan, 'other', 100n],
    ['more is loaded than its beginning', plan, 'log', 150n],
    ['it is torn', plan.slice(0, 20), 'log', 100n],
  ])('counts for nothing when %s', async (_, text, logId, position) => {
    expect(await readPlanFile(await write(text), logId, position)).toBeUndefined()
  })

  it('counts for nothing when it is absent', async () => {
    expect(await readPlanFile(join(dir, 'absent.json'), 'log', 0n)).toBeUndefined()
  })
})
