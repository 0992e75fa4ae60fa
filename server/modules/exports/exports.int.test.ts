import { expect, it } from 'vitest'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant } from '#e2e/fixtures/tenant.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { exportInput, exportRows } from './index.ts'

const stores = useStores()

it('writes an absent value as an empty CSV cell, not as the engine’s \\N', async () => {
  const { orgId, appId } = await makeTenant(stores, 'Empty cells')
  const event = { org_id: orgId, app_id: appId, event_time: '2026-10-02T10:00:00.000Z', currency: '' }
  await insertRows(stores.clickhouse, 'events', [
    eventRow({ ...event, event_id: 'e1', device_id: 'd1', revenue: null }),
    eventRow({ ...event, event_id: 'e2', device_id: '\\N', revenue: 0 }),
  ])
  const input = exportInput.parse({ app: appId, from: '2026-10-01', to: '2026-10-08' })
  const scope = { ...wholeOrganization(orgId), apps: [appId] }
  const { body } = await exportRows(scope, 'UTC', 'events', input, { surface: 'export' })
  const text = (await body.toArray()).join('')
  const { parse } = await import('csv-parse/sync')
  const rows = parse<Record<string, string>, Record<string, string>>(text, { columns: true })
  const cells = rows.map((row) => [row.event_id, row.device_id, row.revenue]).sort()
  expect(cells).toEqual([
    ['e1', 'd1', ''],
    ['e2', '\\N', '0'],
  ])
})
