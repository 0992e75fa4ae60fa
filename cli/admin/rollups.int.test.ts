import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { newId } from '#server/platform/ids.ts'
import { rebuild } from './rollups.ts'
import { admin, runAdmin, storesEnv } from './testing/run-admin.ts'

const stores = useStores()
const orgId = newId('org')
const appId = newId('app')
let scratch: string
let env: Record<string, string>
const DAYS = ['--app', appId, '--from', '2026-10-25', '--to', '2026-10-26']

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-rollups-'))
  env = storesEnv(stores, scratch)
  await stores.admin.organization.create({ data: { id: orgId, slug: 'studio', name: 'Studio', plan: 'growth' } })
  await stores.admin.app.create({
    data: { id: appId, orgId, slug: 'game', name: 'Game', platform: 'android', bundleId: 'com.example.game' },
  })
  await insertRows(
    stores.clickhouse,
    'events',
    ['a', 'b', 'c'].map((event_id) => eventRow({ org_id: orgId, app_id: appId, event_id, device_id: 'd' })),
  )
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('npm run admin -- rollups', () => {
  it('says that rollup and events agree, finds where they do not, and puts it right', async () => {
    expect(await admin(['rollups', 'verify', ...DAYS], env)).toEqual({ equal: true, differences: [] })
    await stores.clickhouse.command({ query: 'truncate table events_15m' })
    expect(await admin(['rollups', 'verify', ...DAYS], env)).toMatchObject({
      equal: false,
      differences: [{ orgId, appId, day: '2026-10-25', events: 3 }],
    })
    expect(await admin(['rollups', 'rebuild', ...DAYS], env)).toMatchObject({ corrected: 1 })
    expect(await admin(['rollups', 'verify', ...DAYS], env)).toEqual({ equal: true, differences: [] })
  })

  it.each([
    [['--app', 'app_unknown', '--from', '2026-10-25', '--to', '2026-10-26'], 'There is no app app_unknown'],
    [['--app', appId, '--from', '25.10.2026', '--to', '2026-10-26'], 'YYYY-MM-DD'],
    [['--app', appId, '--from', '2026-10-26', '--to', '2026-10-26'], 'later than --from'],
  ])('refuses %s with a sentence', async (args, message) => {
    const { code, stdout, stderr } = await runAdmin(['rollups', 'rebuild', ...args], env)
    expect(code).not.toBe(0)
    expect(stderr + stdout).toContain(message)
  })

  it('keeps the request and says what to do where loaders do not come to rest', async () => {
    const plan = { log_id: 'busy', owner: 'o', from_position: 0, next_position: 10 }
    await stores.clickhouse.insert({ table: 'load_plans', values: [plan], format: 'JSONEachRow' })
    const range = { orgId, appId, since: '2026-10-25', until: '2026-10-26' }
    await expect(rebuild(stores.clickhouse, range, 10)).rejects.toThrow('stop the loaders')
    const waiting = await stores.clickhouse.query({
      query: 'select 1 from rollup_rebuilds final where isNull(done_at)',
      format: 'JSONEachRow',
    })
    expect(await waiting.json()).toHaveLength(1)
  })
})
