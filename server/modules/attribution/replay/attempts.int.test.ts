import { beforeAll, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { claimReplay, endReplay, holdReplay, MOST_ATTEMPTS } from './progress.ts'

const stores = useStores()
const caller = createCallerFactory(appRouter)
let tenant: Tenant
let other: Tenant
beforeAll(async () => {
  tenant = await makeTenant('broken', stores.admin, stores.clickhouse)
  other = await makeTenant('patient', stores.admin, stores.clickhouse)
  await stores.admin.attributionReplay.updateMany({ data: { status: 'done' } })
})

const waiting = async (of: Tenant) => {
  const { id } = await stores.admin.attributionReplay.update({
    where: { id: of.replayIds.waiting },
    data: { status: 'queued', attempts: 0, error: null, finishedAt: null },
  })
  return id
}
/** A worker takes the next what-if and is never heard of again. */
const abandon = async () => {
  const held = await claimReplay('silent')
  await stores.admin.attributionReplay.updateMany({
    where: { leaseOwner: 'silent' },
    data: { leaseUntil: new Date(Date.now() - 1000) },
  })
  return held?.id
}
const seen = (of: Tenant, id: string) => caller(requestOf(of.users.owner)).replays.get({ org: of.org, app: of.app, id })

it('a what-if whose workers went silent five times has failed, and the console says what happened and what to do', async () => {
  const id = await waiting(tenant)
  for (let times = 0; times < MOST_ATTEMPTS; times += 1) expect(await abandon()).toBe(id)
  expect(await claimReplay('next')).toBeNull()
  const row = await seen(tenant, id)
  expect(row).toMatchObject({ status: 'failed', finishedAt: expect.any(Date) })
  expect(row.error).toBe(
    '5 times in a row the worker that ran it ended before it came any further, most likely because it ran out of memory. Run it over a shorter period, or start it again.',
  )
})

it('one that takes workers down goes behind everybody else’s, however much older it is', async () => {
  const broken = await waiting(tenant)
  expect(await abandon()).toBe(broken)
  const fine = await waiting(other)
  expect((await claimReplay('worker'))?.id).toBe(fine)
  expect((await claimReplay('second'))?.id).toBe(broken)
  expect(await seen(tenant, broken)).toMatchObject({ status: 'running', attempts: 1 })
  expect(await seen(other, fine)).toMatchObject({ status: 'running', attempts: 0 })
  await endReplay({ id: broken, orgId: tenant.orgId }, 'second', { status: 'cancelled' })
  await endReplay({ id: fine, orgId: other.orgId }, 'worker', { status: 'cancelled' })
})

it('a worker that hands it back when it is stopped is none that went silent, however often', async () => {
  const id = await waiting(tenant)
  for (let times = 0; times <= MOST_ATTEMPTS; times += 1) {
    const held = await claimReplay('stopped')
    expect(held?.id).toBe(id)
    if (held) await endReplay(held, 'stopped', { status: 'queued' })
  }
  expect(await seen(tenant, id)).toMatchObject({ status: 'queued', attempts: 0 })
})

it('a copy of the installs is not yet a slice: only a slice that is done sets the count back', async () => {
  const id = await waiting(tenant)
  expect(await abandon()).toBe(id)
  const held = await claimReplay('worker')
  if (!held) throw new Error('It waits for a worker.')
  await holdReplay(held, 'worker', { installsTotal: 10, slicesDone: 0 })
  expect(await seen(tenant, id)).toMatchObject({ attempts: 1 })
  await holdReplay(held, 'worker', { slicesDone: 1 })
  expect(await seen(tenant, id)).toMatchObject({ attempts: 0 })
  await endReplay(held, 'worker', { status: 'cancelled' })
})

it('one that somebody had cancelled meanwhile ends as cancelled', async () => {
  const id = await waiting(tenant)
  for (let times = 0; times < MOST_ATTEMPTS; times += 1) await abandon()
  await stores.admin.attributionReplay.update({ where: { id }, data: { cancelWanted: true } })
  expect(await claimReplay('next')).toBeNull()
  expect(await seen(tenant, id)).toMatchObject({ status: 'cancelled', error: null })
})
