import { expect, it } from 'vitest'
import { useStores } from '../../e2e/fixtures/stores.ts'
import { becomeOnlyAttributor } from './lock.ts'

const stores = useStores()
const never = new AbortController().signal

it('lets one process decide at a time, and the next as soon as the first is gone', async () => {
  const first = await becomeOnlyAttributor(stores.databaseUrl, never)
  let secondHolds = false
  const second = becomeOnlyAttributor(stores.databaseUrl, never).then((lock) => {
    secondHolds = true
    return lock
  })
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(secondHolds).toBe(false)
  await first.release()
  await (await second).release()
})

it('tells the holder when its connection, and with it the lock, is lost', async () => {
  const lock = await becomeOnlyAttributor(stores.databaseUrl, never)
  const lost = new Promise<void>((resolve) => lock.onLost(resolve))
  await stores.admin
    .$executeRaw`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'unmogrowp-attributor' and datname = current_database()`
  await lost
  const next = await becomeOnlyAttributor(stores.databaseUrl, never)
  await next.release()
})

it('stops waiting when it is told to', async () => {
  const holder = await becomeOnlyAttributor(stores.databaseUrl, never)
  const abort = new AbortController()
  const waiting = becomeOnlyAttributor(stores.databaseUrl, abort.signal)
  setTimeout(() => abort.abort(new Error('stopping')), 100)
  await expect(waiting).rejects.toThrow()
  await holder.release()
})
