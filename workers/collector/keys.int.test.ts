import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'

const stores = useStores()
const HOUR = 3_600_000
let collector: TestCollector
let now = Date.now()

beforeAll(async () => {
  collector = await startTestCollector(stores.databaseUrl, { clock: { now: () => now } })
})
afterAll(() => collector?.stop())

async function send(headers: Record<string, string>) {
  const response = await fetch(`${collector.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ event_name: 'open', device_id: 'd1' }),
  })
  return { status: response.status, text: await response.text() }
}

it('a cached key stops working at its expiry, without a restart or a notice, and says what replaced it', async () => {
  const tenant = await makeTenant(stores)
  const expiresAt = new Date(now + HOUR)
  const data = { expiresAt, replacedBy: 'key_next' }
  await stores.admin.ingestKey.updateMany({ where: { key: tenant.ingestKey }, data })
  await stores.admin.secretKey.updateMany({ where: { orgId: tenant.orgId }, data: { expiresAt } })
  const ingest = { authorization: `Bearer ${tenant.ingestKey}` }
  const secret = { authorization: `Bearer ${tenant.secretKey}`, 'x-app-id': tenant.appId }
  expect([(await send(ingest)).status, (await send(secret)).status]).toEqual([202, 202])
  const before = now
  now = expiresAt.getTime()
  try {
    expect(await send(ingest)).toMatchObject({ status: 401, text: expect.stringMatching(/rotated.*key_next/) })
    expect(await send(secret)).toMatchObject({ status: 401, text: expect.stringMatching(/expired at/) })
  } finally {
    now = before
  }
})

it('a key that is rotated away at once is refused as soon as the notice arrives', async () => {
  const tenant = await makeTenant(stores)
  const ingest = { authorization: `Bearer ${tenant.ingestKey}` }
  expect((await send(ingest)).status).toBe(202)
  const data = { expiresAt: new Date(now - 1), replacedBy: 'key_next' }
  await stores.admin.ingestKey.updateMany({ where: { key: tenant.ingestKey }, data })
  await expect.poll(async () => (await send(ingest)).status, { timeout: 5_000 }).toBe(401)
})
