import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { setEnv } from '#server/platform/env.ts'
import { newId } from '#server/platform/ids.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { uploadedFile } from './folders.ts'
import { previewImport } from './preview.ts'
import { addPiece } from './upload.ts'

const stores = useStores()
const caller = createCallerFactory(appRouter)
const DAY = 86_400_000
let scratch: string
let tenant: Tenant
let other: Tenant
const importsOf = ({ org, app, users }: Tenant) => ({
  imports: caller(requestOf(users.owner)).imports,
  at: { org, app },
})

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-imports-'))
  setEnv({ DATA_DIR: scratch })
  tenant = await makeTenant('importing', stores.admin, stores.clickhouse)
  other = await makeTenant('importer', stores.admin, stores.clickhouse)
})
afterAll(async () => {
  setEnv({ IMPORT_UPLOAD_MAX_BYTES: undefined })
  await rm(scratch, { recursive: true, force: true })
})

/** An import as it stands in the table, of the tenant's app. */
async function stored(data: { status: string; uploaded: boolean; updatedAt?: Date; leaseUntil?: Date }) {
  const id = newId('import')
  const { orgId, appId } = tenant
  const file = { kind: 'events', format: 'csv', fileName: 'a.csv', fileBytes: 1, fingerprint: '' }
  await stores.admin.import.create({ data: { id, orgId, appId, ...file, ...data } })
  return id
}

describe('uploads', () => {
  it('take the disk only up to what its other users need, asked anew for each piece', async () => {
    const { imports, at } = importsOf(tenant)
    const { id } = await imports.begin({ ...at, fileName: 'a.csv', bytes: 5 })
    const piece = () => new Blob(['bytes']).stream()
    // No disk has so much room.
    await expect(addPiece(id, 0, 5, piece(), Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(stat(uploadedFile(scratch, id))).rejects.toThrow('ENOENT')
    expect(await addPiece(id, 0, 5, piece(), 0)).toEqual({ received: 5 })
  })

  it('that wait are at most four largest files of an organization; removing one makes room', async () => {
    setEnv({ IMPORT_UPLOAD_MAX_BYTES: '1000' })
    const mine = importsOf(other)
    await mine.imports.remove({ ...mine.at, id: other.importId })
    const begin = ({ imports, at }: typeof mine) => imports.begin({ ...at, fileName: 'a.csv', bytes: 990 })
    const begun = await Promise.allSettled(Array.from({ length: 6 }, () => begin(mine)))
    const ids = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value.id] : []))
    expect(ids).toHaveLength(4)
    await expect(begin(mine)).rejects.toThrow('Start or remove some of them first')
    await begin(importsOf(tenant))
    await mine.imports.remove({ ...mine.at, id: ids[0] ?? '' })
    await begin(mine)
  })

  it('that were given up are removed by a list, and many lists at once all succeed', async () => {
    const { imports, at } = importsOf(tenant)
    const id = await stored({ status: 'uploading', uploaded: true, updatedAt: new Date(Date.now() - 2 * DAY) })
    await Promise.all(Array.from({ length: 6 }, () => imports.list(at)))
    expect(await stores.admin.import.count({ where: { id } })).toBe(0)
  })

  it('that are slow are not removed while bytes still come', async () => {
    const { imports, at } = importsOf(tenant)
    const id = await stored({ status: 'uploading', uploaded: true, updatedAt: new Date(Date.now() - 2 * DAY) })
    await writeFile(uploadedFile(scratch, id), 'b')
    await imports.list(at)
    expect(await stores.admin.import.count({ where: { id } })).toBe(1)
  })
})

describe('cancelling', () => {
  it('ends an import whose process is gone at once, so that it can be removed', async () => {
    const { imports, at } = importsOf(tenant)
    const id = await stored({ status: 'running', uploaded: false, leaseUntil: new Date(Date.now() - 1000) })
    await expect(imports.remove({ ...at, id })).rejects.toThrow('Cancel it first')
    expect(await imports.cancel({ ...at, id })).toMatchObject({ status: 'cancelled', cancelling: false })
    await imports.remove({ ...at, id })
    expect(await stores.admin.import.count({ where: { id } })).toBe(0)
  })

  it('leaves an import that runs to its worker', async () => {
    const { imports, at } = importsOf(tenant)
    const id = await stored({ status: 'running', uploaded: false, leaseUntil: new Date(Date.now() + DAY) })
    expect(await imports.cancel({ ...at, id })).toMatchObject({ status: 'running', cancelling: true })
  })
})

describe('a preview', () => {
  const app = () => ({ orgId: tenant.orgId, appId: tenant.appId, platform: 'android' as const })
  const reading = { kind: 'events', mapping: {}, fingerprint: 'f'.repeat(64) } as const

  it.each(['csv', 'ndjson', 'parquet'] as const)('of %s says so when looking takes too long', async (format) => {
    const id = await stored({ status: 'ready', uploaded: true })
    await writeFile(uploadedFile(scratch, id), Buffer.alloc(8 * 2 ** 20, '\n'))
    const preview = await previewImport(app(), id, { ...reading, format }, { patience: 0 })
    expect(preview).toMatchObject({ rows: [], problem: expect.stringContaining('took too long') })
  })

  it.each(['csv', 'ndjson', 'parquet'] as const)('of %s ends when nobody waits for it any more', async (format) => {
    const id = await stored({ status: 'ready', uploaded: true })
    await writeFile(uploadedFile(scratch, id), 'event_id\ne1\n')
    const signal = AbortSignal.abort(new Error('gone'))
    await expect(previewImport(app(), id, { ...reading, format }, { signal })).rejects.toThrow('gone')
  })
})
