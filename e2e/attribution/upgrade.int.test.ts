import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASE, unpack } from '#e2e/fixtures/releases/release-data.ts'
import { insertRows } from '#e2e/fixtures/rows.ts'
import { migrateClickHouse } from '#server/stores/clickhouse/migrate.ts'
import { type ClickHouseClient, openClickHouse } from '#server/stores/index.ts'
import { click, install, tenant, World } from '#workers/attributor/testing/world.ts'
import { type SpawnedClickHouse, silentLogger, spawnEmbeddedClickHouse } from '#workers/embedded/clickhouse/index.ts'

const HOUR = 3_600_000
const NOW = Date.now()
const OF = tenant('upgraded')
const GAID = '6f1c9f60-1111-4222-8333-444455556666'
const PHONE = { platform: 'android', os_version: '14', device_model: 'Pixel 8' }
/** Addresses with and without another install behind them, of the day before the upgrade. */
const SHARED = '198.51.100.7'
const QUIET = '198.51.100.8'

const ago = (hours: number) => new Date(NOW - hours * HOUR).toISOString()
const row = (hours: number, more: Record<string, string | number>) => ({
  org_id: OF.orgId,
  app_id: OF.appId,
  received_at: ago(hours),
  log_id: 'log-release',
  log_position: 1,
  ...more,
})

/** What release 0.1.0 wrote of an install that it attributed to a click 5 h before it, in its tables and its words. */
async function writeAsRelease(client: ClickHouseClient): Promise<void> {
  const event = (device: string, hours: number, ip: string) =>
    row(hours, {
      event_id: `i-${device}`,
      event_name: 'install',
      event_time: ago(hours),
      device_id: device,
      ip,
      environment: 'production',
      ...PHONE,
    })
  await insertRows(client, 'events', [
    { ...event('known', 2, '203.0.113.9'), advertising_id: GAID },
    event('neighbour', 3, SHARED),
    event('long-ago', 40, QUIET),
  ])
  const touch = { touchpoint_type: 'click', media_source: 'first_net', campaign: 'c', sub_params: '{}' }
  await insertRows(client, 'touchpoints', [
    row(7, { touchpoint_id: 'before', touchpoint_time: ago(7), advertising_id: GAID, ...touch }),
    row(0.2, { touchpoint_id: 'shared', touchpoint_time: ago(0.2), ip: SHARED, ...PHONE, ...touch }),
    row(0.2, { touchpoint_id: 'quiet', touchpoint_time: ago(0.2), ip: QUIET, ...PHONE, ...touch }),
  ])
  const none = {
    ...{ idfv: null, customer_user_id: null, click_id: null, install_referrer: null, referrer_click_id: null },
    ...{ referrer_click_time: null, install_begin_time: null, referrer_click_time_server: null },
    ...{ install_begin_time_server: null, country: null, app_version: null, user_agent: null },
  }
  const stored = {
    ...{
      event_id: 'i-known',
      device_id: 'known',
      install_time: ago(2),
      received_at: ago(2),
      environment: 'production',
    },
    ...{ advertising_id: GAID, ip: '203.0.113.9', ...PHONE, ...none },
  }
  const { received_at: _, log_id: __, log_position: ___, ...of } = row(2, {})
  await insertRows(client, 'decisions', [
    {
      ...of,
      ...{ device_id: 'known', version: 1, decision_id: 'dec_before', decided_at: ago(2), engine_version: '1.0.0' },
      ...{ settings_version: 1, install_event_id: 'i-known', install_time: ago(2), conversion_type: 'install' },
      ...{ outcome: 'attributed', match_type: 'device_id', touchpoint_id: 'before', touchpoint_type: 'click' },
      ...{ touchpoint_time: ago(7), media_source: 'first_net', campaign: 'c', environment: 'production', ...PHONE },
      ...{ install: JSON.stringify(stored), candidates: '[]', rule_hits: '[]' },
    },
  ])
  await insertRows(client, 'install_keys', [
    {
      ...of,
      ...{ key: `a:${GAID}`, device_id: 'known', install_time: ago(2), environment: 'production' },
      ...{ removed: false, written_at: ago(2) },
    },
  ])
}

let scratch: string
let server: SpawnedClickHouse
let client: ClickHouseClient
let world: World
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-upgrade-'))
  await unpack('0.1.0', scratch)
  server = await spawnEmbeddedClickHouse({ dataDir: scratch, port: 0, logger: silentLogger })
  client = openClickHouse(server.url, DATABASE)
  await writeAsRelease(client)
  const applied = await migrateClickHouse(server.url, DATABASE)
  expect(applied).toContain('0007_attribution.sql')
  world = new World(client, 'log-upgraded')
}, 120_000)
afterAll(async () => {
  await client?.close()
  await server?.close()
  await rm(scratch, { recursive: true, force: true })
})

const decisions = async (deviceId: string) => {
  const found = await client.query({
    query: `select version, outcome, match_type, touchpoint_id, probability, supersedes,
        arrayMap(one -> JSONExtractString(one, 'touchpoint_id'), JSONExtractArrayRaw(candidates)) as candidates
      from decisions final where app_id = {app:String} and device_id = {device:String} order by version`,
    query_params: { app: OF.appId, device: deviceId },
    format: 'JSONEachRow',
  })
  return found.json<{ probability: number; [column: string]: unknown }>()
}

describe('after an upgrade from release 0.1.0', () => {
  it('a late click takes over an install that was decided before, beside the click that had won', async () => {
    const late = { advertising_id: GAID, received_at: ago(0), media_source: 'late_net' }
    await world.load(OF, [click('late', NOW - 3 * HOUR, late)])
    expect(await world.follow()).toMatchObject({ decided: 0, redecided: 1 })
    expect(await decisions('known')).toMatchObject([
      { version: 1, touchpoint_id: 'before' },
      {
        ...{ version: 2, outcome: 'attributed', match_type: 'device_id', touchpoint_id: 'late' },
        ...{ supersedes: 'dec_before', candidates: ['late', 'before'] },
      },
    ])
  })

  it('a click that says nothing new about it changes nothing', async () => {
    await world.load(OF, [click('stranger', NOW - 3 * HOUR, { advertising_id: 'another', received_at: ago(0) })])
    expect(await world.follow()).toMatchObject({ decided: 0, redecided: 0 })
  })

  it('an install of the last day makes a match behind its address less likely, one of before does not', async () => {
    const now = { ...PHONE, received_at: ago(0) }
    await world.load(OF, [
      install('new-shared', NOW, { ...now, ip: SHARED }),
      install('new-quiet', NOW, { ...now, ip: QUIET }),
    ])
    await world.follow()
    const [[shared], [quiet]] = [await decisions('new-shared'), await decisions('new-quiet')]
    expect(quiet).toMatchObject({ outcome: 'attributed', match_type: 'probabilistic', touchpoint_id: 'quiet' })
    expect(quiet?.probability).toBeGreaterThan(0.8)
    expect(shared?.candidates).toEqual(['shared'])
    const keys = await client.query({
      query: `select device_id from keyed_installs final where app_id = {app:String} and startsWith(key, 'p:') order by device_id`,
      query_params: { app: OF.appId },
      format: 'JSONEachRow',
    })
    expect((await keys.json<{ device_id: string }>()).map(({ device_id }) => device_id)).toEqual([
      'known',
      'neighbour',
      'new-quiet',
      'new-shared',
    ])
    const likely = await client.query({
      query: `select device_id, JSONExtractFloat(JSONExtractArrayRaw(candidates)[1], 'probability') as likely
        from decisions final where app_id = {app:String} and startsWith(device_id, 'new-') order by device_id`,
      query_params: { app: OF.appId },
      format: 'JSONEachRow',
    })
    const [ofQuiet, ofShared] = await likely.json<{ likely: number }>()
    expect(ofShared?.likely).toBeLessThan((ofQuiet?.likely ?? 0) - 0.01)
  })
})

it('touchpoints are kept as long under their keys as in their own table', async () => {
  const found = await client.query({
    query: `select name, extract(engine_full, ' TTL (.*?)(?: SETTINGS|$)') as ttl from system.tables
      where database = '${DATABASE}' and name in ('touchpoints', 'touchpoint_keys') order by name`,
    format: 'JSONEachRow',
  })
  const [keys, touchpoints] = await found.json<{ name: string; ttl: string }>()
  expect([keys?.name, touchpoints?.name]).toEqual(['touchpoint_keys', 'touchpoints'])
  expect(keys?.ttl).toBe(touchpoints?.ttl)
})
