import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { begunBeyond, readPlanFile } from './plan.ts'

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
    expect(await readPlanFile(await write(plan), 'log')).toEqual([{ from: 100n, next: 200n, tokens: '', age: 0 }])
  })

  it.each([
    ['the log is another', plan, 'other'],
    ['it is torn', plan.slice(0, 20), 'log'],
  ])('counts for nothing when %s', async (_, text, logId) => {
    expect(await readPlanFile(await write(text), logId)).toEqual([])
  })

  it('counts for nothing when it is absent', async () => {
    expect(await readPlanFile(join(dir, 'absent.json'), 'log')).toEqual([])
  })
})

describe('what earlier owners began', () => {
  const plan = (from: bigint, next: bigint) => ({ from, next, tokens: `${from} to ${next}`, age: 1 })

  it('is the last stretch, and reaches to the end of the longest one of any of them', () => {
    const [latest, earlier] = [plan(0n, 60n), plan(0n, 100n)]
    expect(begunBeyond([latest, earlier, plan(0n, 80n)], 0n)).toEqual({ latest, until: 100n })
  })

  it('counts to its end where its beginning was loaded by a successor', () => {
    expect(begunBeyond([plan(0n, 60n), plan(0n, 100n)], 60n)).toEqual({ latest: plan(0n, 100n), until: 100n })
  })

  it('is nothing where everything is loaded, or nobody began', () => {
    expect(begunBeyond([plan(0n, 60n), plan(0n, 100n)], 100n)).toBeUndefined()
    expect(begunBeyond([plan(0n, 0n)], 0n)).toBeUndefined()
    expect(begunBeyond([], 0n)).toBeUndefined()
  })
})
