import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { takeImport } from '#server/modules/imports/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { thereBefore } from './before.ts'
import { runImport } from './run.ts'

const stores = useStores()
let scratch: string
let collector: TestCollector
let tenant: TestTenant
let other: TestTenant

/** What a file held weeks ago: an id of its own, one that follows from the content, and digits that JavaScript loses. */
const LINES = [
  { event_id: 'own', event_name: 'a', event_time: '2026-10-20T10:00:00Z', device_id: 'd1' },
  { event_name: 'b', event_time: '2026-10-20T10:00:01Z', device_id: 'd1', properties: { z: 1, a: [2] } },
  { event_name: 'b', event_time: 1_792_490_402_000, device_id: 'd2', level: 3 },
].map((event) => JSON.stringify(event))
LINES.push('{"event_name":"c","event_time":"2026-10-20T10:00:03Z","device_id":"d1","order":9007199254740993}')

const post = (lines: readonly string[]) =>
  fetch(`${collector.url}/v1/events`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tenant.secretKey}`,
      'x-app-id': tenant.appId,
      'content-type': 'application/x-ndjson',
    },
    body: lines.join('\n'),
  })

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-before-'))
  collector = await startTestCollector(stores.databaseUrl)
  tenant = await makeTenant(stores)
  other = await makeTenant(stores)
  await post(LINES)
  const values = (await collector.rows('event')).map((row) => ({ ...row, log_id: 'log', log_position: '1' }))
  expect(values).toHaveLength(LINES.length)
  await stores.clickhouse.insert({
    table: 'events',
    values,
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
})
afterAll(async () => {
  await collector?.stop()
  await rm(scratch, { recursive: true, force: true })
})

const FRESH = '{"event_id":"fresh","event_name":"a","event_time":"2026-10-20T10:00:00Z","device_id":"d1"}'

describe('rows of long ago', () => {
  it('are found by their id, also where it was derived from the content, and only in their own app', async () => {
    const lines = [FRESH, ...LINES, 'no json']
    expect(await thereBefore(stores.clickhouse, tenant, 'events', lines)).toEqual(new Set([1, 2, 3, 4]))
    expect(await thereBefore(stores.clickhouse, other, 'events', lines)).toEqual(new Set())
  })

  it('are found among touchpoints too, which have no name', async () => {
    const touch = (id: string) => ({
      touchpoint_id: id,
      touchpoint_type: 'click',
      touchpoint_time: '2026-10-20T09:00:00Z',
    })
    const stored = {
      ...touch('there'),
      org_id: tenant.orgId,
      app_id: tenant.appId,
      received_at: '2026-10-20T09:00:01Z',
    }
    await stores.clickhouse.insert({
      table: 'touchpoints',
      values: [stored],
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
    const lines = ['fresh', 'there'].map((id) => JSON.stringify({ ...touch(id), media_source: 'm', event_name: 'odd' }))
    expect(await thereBefore(stores.clickhouse, tenant, 'touchpoints', lines)).toEqual(new Set([1]))
    expect(await thereBefore(stores.clickhouse, other, 'touchpoints', lines)).toEqual(new Set())
  })

  it('are found beside rows that the collector will refuse: endless names and ids, a time that is none', async () => {
    const endless = 'x'.repeat(5_000_000)
    const odd = [
      { event_id: 'odd-name', event_name: endless, event_time: '2026-10-20T10:00:00Z', device_id: 'd1' },
      { event_id: endless, event_name: 'a', event_time: '2026-10-20T10:00:00Z', device_id: 'd1' },
      { event_id: 'odd-time', event_name: 'a', event_time: 1e300, device_id: 'd1' },
    ].map((event) => JSON.stringify(event))
    const found = await thereBefore(stores.clickhouse, tenant, 'events', [...odd, ...LINES])
    expect(found).toEqual(new Set([3, 4, 5, 6]))
  })

  it('are not sent again by an import, and counted as there before', async () => {
    const orgId = tenant.orgId as OrgId
    const appId = tenant.appId as AppId
    const weeksAgo = new Date(Date.now() - 20 * 86_400_000)
    const earlier = { kind: 'events', format: 'ndjson', fileName: 'x', fileBytes: 1, fingerprint: 'x', uploaded: false }
    await stores.admin.import.create({
      data: { id: 'imp_earlier', orgId, appId, ...earlier, status: 'done', accepted: 4, startedAt: weeksAgo },
    })
    const file = join(scratch, 'again.ndjson')
    await writeFile(file, [...LINES, FRESH, 'no json'].join('\n'))
    const reading = { kind: 'events', format: 'ndjson', mapping: {} } as const
    const facts = { name: 'again.ndjson', bytes: 1, fingerprint: 'f'.repeat(64) }
    const held = await takeImport({ orgId, appId }, reading, facts, 'test', stores.admin)
    const counts = await runImport(held, file, {
      worker: 'test',
      postgres: stores.admin,
      clickhouse: stores.clickhouse,
      env: { DATA_DIR: scratch, EVENT_LOG: 'disk' },
      collector: collector.url,
      patience: 0,
    })
    const sent = (await collector.rows('event')).filter((row) => String(row.request_id).startsWith(held.id))
    expect(sent.map((row) => row.event_id)).toEqual(['fresh'])
    // Nothing loads here, so nobody knows how many were there before.
    expect(counts).toEqual({ accepted: 5, rejected: 1, duplicates: null })
  }, 60_000)
})
