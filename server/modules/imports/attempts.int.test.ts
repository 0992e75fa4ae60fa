import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { setEnv } from '#server/platform/env.ts'
import { newId } from '#server/platform/ids.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { uploadedFile } from './folders.ts'
import { claimImport, endImport, keepImport } from './progress.ts'

const stores = useStores()
const caller = createCallerFactory(appRouter)
const NONE = { rowsDone: 0, share: 0, accepted: 0, rejected: 0, refusedBytes: 0, duplicates: null }
let scratch: string
let tenant: Tenant
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-attempts-'))
  setEnv({ DATA_DIR: scratch })
  tenant = await makeTenant('importing', stores.admin, stores.clickhouse)
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const imports = () => {
  const { org, app, users } = tenant
  return { imports: caller(requestOf(users.owner)).imports, at: { org, app } }
}

/** An uploaded file that waits for a worker. */
async function waiting(): Promise<string> {
  const id = newId('import')
  const { orgId, appId } = tenant
  const file = { kind: 'events', format: 'csv', fileName: 'a.csv', fileBytes: 1, fingerprint: '' }
  await stores.admin.import.create({ data: { id, orgId, appId, ...file, uploaded: true, status: 'queued' } })
  await mkdir(dirname(uploadedFile(scratch, id)), { recursive: true })
  await writeFile(uploadedFile(scratch, id), 'a')
  return id
}
const silence = () =>
  stores.admin.import.updateMany({ where: { status: 'running' }, data: { leaseUntil: new Date(Date.now() - 1000) } })
/** A worker takes the next import and is never heard of again. */
const abandon = async () => {
  const held = await claimImport('silent')
  await silence()
  return held?.id
}

it('an import whose workers went silent five times has failed and says why; others go first, and it can be started again', async () => {
  const { imports: own, at } = imports()
  const broken = await waiting()
  expect(await abandon()).toBe(broken)
  const fine = await waiting()
  const held = await claimImport('worker')
  expect(held?.id).toBe(fine)
  if (held) await endImport(held, 'worker', { status: 'done' }, NONE)
  for (let times = 1; times < 5; times += 1) expect(await abandon()).toBe(broken)
  const { keyId } = await stores.admin.import.update({ where: { id: broken }, data: { keyId: tenant.secretKeyId } })
  expect(await claimImport('next')).toBeNull()
  const row = await own.get({ ...at, id: broken })
  expect(row).toMatchObject({ status: 'failed', error: expect.stringContaining('5 times in a row') })
  expect(await stores.admin.secretKey.count({ where: { id: keyId ?? '' } })).toBe(0)
  await own.start({ ...at, id: broken })
  const again = await claimImport('next')
  expect(again?.id).toBe(broken)
  if (again) await endImport(again, 'next', { status: 'cancelled' }, NONE)
})

it('rows that are done set the count back, the same progress noted once more does not', async () => {
  const id = await waiting()
  const attempts = async () => (await stores.admin.import.findUniqueOrThrow({ where: { id } })).attempts
  await abandon()
  const held = await claimImport('worker')
  if (!held) throw new Error('It waits for a worker.')
  await keepImport(held, 'worker', { rowsDone: 0, share: 0.1 })
  expect(await attempts()).toBe(1)
  await keepImport(held, 'worker', { rowsDone: 500 })
  expect(await attempts()).toBe(0)
  await silence()
  const next = await claimImport('next')
  if (!next) throw new Error('It waits for a worker.')
  await keepImport(next, 'next', { rowsDone: 500 })
  expect(await attempts()).toBe(1)
  await endImport(next, 'next', { status: 'cancelled' }, NONE)
})
