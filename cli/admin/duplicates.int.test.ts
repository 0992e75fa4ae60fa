import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { newId } from '#server/platform/ids.ts'
import { admin, storesEnv } from './testing/run-admin.ts'

const stores = useStores()
const orgId = newId('org')
const [appId, otherId] = [newId('app'), newId('app')]
let scratch: string
let env: Record<string, string>

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-duplicates-'))
  env = storesEnv(stores, scratch)
  await stores.admin.organization.create({ data: { id: orgId, slug: 'studio', name: 'Studio', plan: 'growth' } })
  for (const [id, slug] of [
    [appId, 'game'],
    [otherId, 'other'],
  ] as const) {
    await stores.admin.app.create({
      data: { id, orgId, slug, name: slug, platform: 'android', bundleId: `com.example.${slug}` },
    })
  }
  const row = (app: string, event_id: string, received_at: string) =>
    eventRow({ org_id: orgId, app_id: app, event_id, device_id: 'd', received_at })
  await insertRows(stores.clickhouse, 'events', [
    row(appId, 'once', '2026-10-01T08:00:00.000Z'),
    row(appId, 'twice', '2026-10-01T08:00:00.000Z'),
    row(appId, 'twice', '2026-10-20T09:30:00.000Z'),
    row(otherId, 'once', '2026-10-01T08:00:00.000Z'),
  ])
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('npm run admin -- duplicates', () => {
  it('names the events of an app that are there more than once, with when they came', async () => {
    expect(await admin(['duplicates', '--app', appId], env)).toEqual({
      ids: 1,
      duplicates: [{ eventId: 'twice', rows: 2, first: '2026-10-01T08:00:00.000Z', last: '2026-10-20T09:30:00.000Z' }],
    })
  })

  it('looks at days of arrival only where they are given, and at one app', async () => {
    expect(await admin(['duplicates', '--app', appId, '--from', '2026-10-02'], env)).toMatchObject({ ids: 0 })
    expect(await admin(['duplicates', '--app', otherId], env)).toMatchObject({ ids: 0 })
  })
})
