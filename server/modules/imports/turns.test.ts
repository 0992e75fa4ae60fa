import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

const never = new AbortController().signal

it('work is done one after the other, also after some that failed', async () => {
  const turns = createTurns()
  let under = 0
  let most = 0
  const work = async () => {
    under += 1
    most = Math.max(most, under)
    await new Promise(setImmediate)
    under -= 1
    return most
  }
  const failed = turns(() => work().then(() => Promise.reject(new Error('broken'))), never)
  const others = Promise.all([turns(work, never), turns(work, never)])
  await expect(failed).rejects.toThrow('broken')
  expect(await others).toEqual([1, 1])
})

it('whoever gives up waiting is told at once, does no work and holds nobody up', async () => {
  const turns = createTurns()
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const first = turns(() => held, never)
  const stop = new AbortController()
  let worked = false
  const second = turns(async () => {
    worked = true
  }, stop.signal)
  const third = turns(async () => 'done', never)
  stop.abort(new Error('gone'))
  await expect(second).rejects.toThrow('gone')
  release()
  await first
  expect(await third).toBe('done')
  expect(worked).toBe(false)
})
