import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { decisionRow, eventRow, insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { type TestStores, useStores } from '#e2e/fixtures/stores.ts'
import { openDiskLogReader, openDiskLogWriter } from '#server/eventlog/index.ts'
import { newId } from '#server/platform/ids.ts'
import { createLogger } from '#server/platform/logger.ts'
import { verifyRollups } from '#server/stores/clickhouse/rollups.ts'
import type { Product } from '../product.ts'
import { admin, productOf, storesEnv } from '../testing/run-admin.ts'
import { backup, type Copied } from './backup.ts'
import type { Manifest } from './manifest.ts'
import { restore } from './restore.ts'

const source = useStores()
const target = useStores()
const orgId = newId('org')
const appId = newId('app')
const tenant = { org_id: orgId, app_id: appId }
const LOG = { log_id: 'log_a' }
/** Text with everything that a format must escape. */
const HARD = 'tab\t newline\n return\r backslash\\N quote"\' nul\0 ümläut 🎈 \\n'
let scratch: string
let out: string
let done: Copied

async function arrange({ admin: prisma, clickhouse }: TestStores): Promise<void> {
  await prisma.organization.create({
    data: { id: orgId, slug: 'studio', name: `Studio ${HARD.replace('\0', '')}`, plan: 'growth' },
  })
  await prisma.user.create({ data: { id: newId('user'), email: 'owner@example.com', passwordHash: 'hash' } })
  await prisma.app.create({
    data: { id: appId, orgId, slug: 'game', name: 'Game', platform: 'android', bundleId: 'com.example.game' },
  })
  await prisma.link.create({
    data: {
      id: 'abcdefghij',
      orgId,
      appId,
      name: 'Link',
      mediaSource: 'ads_net',
      campaign: 'c1',
      fallbackUrl: 'https://example.com',
      subParams: {},
      allowedHosts: ['example.com', 'b,"c'],
      createdAt: new Date('2026-10-01T00:00:00.123Z'),
    },
  })
  await prisma.$executeRaw`update links set sub_params = '{"sub1": "a", "big": 9007199254740993}'`
  const events = Array.from({ length: 500 }, (_, n) =>
    eventRow({
      ...tenant,
      ...LOG,
      event_id: `e${n}`,
      device_id: `d${n % 50}`,
      log_position: 100 + n,
      revenue: n / 7 > 60 ? null : 0.1 * n,
    }),
  )
  await insertRows(clickhouse, 'events', [
    ...events,
    eventRow({
      ...tenant,
      ...LOG,
      event_id: 'hard',
      device_id: HARD,
      log_position: 700,
      properties: HARD,
      revenue: '123456789012.654321',
    }),
    eventRow({ ...tenant, ...LOG, event_id: 'after the cut', device_id: 'd1', log_position: 901 }),
    eventRow({ ...tenant, log_id: 'log_unknown', event_id: 'batch under way', device_id: 'd1', log_position: 5 }),
  ])
  await insertRows(clickhouse, 'touchpoints', [
    touchpointRow({ ...tenant, ...LOG, touchpoint_id: 't1', log_position: 900 }),
    touchpointRow({ ...tenant, ...LOG, touchpoint_id: 't2', log_position: 902 }),
  ])
  await insertRows(clickhouse, 'decisions', [
    decisionRow({ ...tenant, device_id: 'd1' }),
    decisionRow({
      ...tenant,
      device_id: 'd1',
      version: 2,
      outcome: 'attributed',
      touchpoint_id: 't1',
      touchpoint_time: '2026-10-25T09:00:00.000Z',
      media_source: 'ads_net',
      candidates: `[{"x":${JSON.stringify(HARD)}}]`,
    }),
    decisionRow({ ...tenant, device_id: 'd2' }),
  ])
  await insertRows(clickhouse, 'exchange_rates', [
    {
      org_id: orgId,
      base: 'USD',
      quote: 'EUR',
      day: '2026-10-25',
      rate: 0.1 + 0.2,
      imported_at: '2026-10-26T00:00:00.000Z',
    },
    {
      org_id: orgId,
      base: 'USD',
      quote: 'EUR',
      day: '2026-10-25',
      rate: 1 / 3,
      imported_at: '2026-10-27T00:00:00.000Z',
    },
  ])
  const id = { ...LOG, kind: 'event', day: '2026-10-25' }
  await insertRows(clickhouse, 'event_ids', [
    { ...id, hash: HARD.slice(0, 14), log_position: 900 },
    { ...id, hash: 'after the cut', log_position: 901 },
  ])
  await insertRows(clickhouse, 'load_progress', [
    { ...LOG, position: 50, loaded_at: '2026-10-25T10:00:00.000Z' },
    { ...LOG, position: 900, loaded_at: '2026-10-25T11:00:00.000Z' },
  ])
  await insertRows(clickhouse, 'attributor_progress', [
    { ...LOG, position: 700, decided_at: '2026-10-25T11:00:01.000Z' },
  ])
}

async function lines(stores: TestStores, query: string): Promise<string[]> {
  const result = await stores.clickhouse.query({ query, format: 'TabSeparated' })
  return (await result.text()).split('\n').filter((line) => line !== '')
}

async function postgresRows(stores: TestStores, table: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: stores.adminUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ line: string }>(
      `select row_to_json(t)::text as line from ${table} t order by 1`,
    )
    return rows.map(({ line }) => line)
  } finally {
    await client.end()
  }
}

const restoreTarget = (from = out) => restore(productOf(target, join(scratch, 'to')), from)

/** Tries with another manifest, and puts the right one back. */
async function withManifest(change: (manifest: Manifest) => void, work: () => Promise<unknown>): Promise<void> {
  const file = join(out, 'manifest.json')
  const text = await readFile(file, 'utf8')
  const manifest: Manifest = JSON.parse(text)
  change(manifest)
  await writeFile(file, JSON.stringify(manifest))
  await work()
  await writeFile(file, text)
}

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-backup-'))
  out = join(scratch, 'copy')
  await arrange(source)
  done = await admin<Copied>(['backup', '--out', out], storesEnv(source, join(scratch, 'from')))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('backup', () => {
  it('counts what it copied, and leaves out what the loader had not finished', () => {
    expect(done.postgres).toMatchObject({ organizations: 1, users: 1, apps: 1, links: 1, memberships: 0 })
    expect(done.postgres).not.toHaveProperty('_prisma_migrations')
    expect(done.clickhouse).toMatchObject({
      events: 501,
      touchpoints: 1,
      decisions: 3,
      exchange_rates: 1,
      load_progress: 1,
    })
    expect(done.clickhouse).toMatchObject({ event_ids: 1 })
    expect(done.clickhouse).not.toHaveProperty('schema_migrations')
    expect(done.clickhouse).not.toHaveProperty('events_15m')
  })

  it('writes files that only their owner may read', async () => {
    for (const name of await readdir(out)) expect((await stat(join(out, name))).mode & 0o077, name).toBe(0)
  })

  it('does not write into a folder that holds something', async () => {
    await expect(backup(productOf(source, join(scratch, 'from')), out)).rejects.toThrow('is not empty')
  })

  it('asks for the owner’s connection instead of copying what row-level security leaves', async () => {
    const product = productOf(source, join(scratch, 'from'))
    product.connections.DATABASE_ADMIN_URL = source.databaseUrl
    await expect(backup(product, join(scratch, 'partly'))).rejects.toThrow('Set DATABASE_ADMIN_URL')
    expect(await readdir(join(scratch, 'partly'))).toEqual([])
  })
})

describe('backup beside an event log', () => {
  it('waits until what was accepted before it is loaded, with a loader of its own where none runs', async () => {
    const dataDir = join(scratch, 'with-log')
    const logger = createLogger('test', 'silent')
    const dir = join(dataDir, 'log')
    const writer = await openDiskLogWriter({ dir, logger })
    await writer.append([{ kind: 'event', payload: Buffer.from(`${'0'.repeat(32)} {}\n`), rows: 1 }])
    const reader = await openDiskLogReader({ dir, logger })
    const [frame] = await reader.read(0n, 1)
    await Promise.all([reader.close(), writer.close()])
    let started = 0
    const product: Product = {
      ...productOf(source, dataDir),
      kind: 'embedded',
      async loader() {
        started += 1
        const position = String(frame?.position)
        const progress = { log_id: writer.logId, position, loaded_at: '2026-10-25T11:00:00.000Z' }
        setTimeout(() => insertRows(source.clickhouse, 'load_progress', [progress]), 300)
      },
    }
    const { clickhouse } = await backup(product, join(scratch, 'waited'))
    expect(started).toBe(1)
    expect(clickhouse.load_progress).toBe(2)
    await source.clickhouse.command({
      query: 'delete from load_progress where log_id = {id:String}',
      query_params: { id: writer.logId },
    })
  })
})

describe('restore', () => {
  it('refuses a damaged file by name, and restores nothing of the backup', async () => {
    const file = join(out, 'clickhouse.events.tsv.gz')
    const whole = await readFile(file)
    const damaged = Buffer.from(whole)
    damaged[Math.floor(whole.length / 2)] = (damaged[Math.floor(whole.length / 2)] ?? 0) ^ 1
    await writeFile(file, damaged)
    await expect(restoreTarget()).rejects.toThrow('clickhouse.events.tsv.gz is damaged')
    await writeFile(file, whole)
    expect(await postgresRows(target, 'organizations')).toEqual([])
    expect(await lines(target, 'select 1 from touchpoints')).toEqual([])
  })

  it.each([
    ['newer', (names: string[]) => [...names, '9999_future.sql'], /9999_future\.sql.*with release 7\.8\.9 or later/],
    ['older', (names: string[]) => names.slice(0, 1), /0002_.*with release 7\.8\.9, then start this release/],
  ])('refuses a backup of a %s release, and says which release to use', async (_, names, message) => {
    const change = (manifest: Manifest) => {
      manifest.release = '7.8.9'
      manifest.migrations.clickhouse = names(manifest.migrations.clickhouse)
    }
    await withManifest(change, () => expect(restoreTarget()).rejects.toThrow(message))
  })

  it('leaves both stores empty when rows are missing from a file', async () => {
    const change = (manifest: Manifest) => {
      for (const table of manifest.tables) if (table.table === 'touchpoints') table.rows = 2
    }
    await withManifest(change, () => expect(restoreTarget()).rejects.toThrow('1 of 2 rows arrived in touchpoints'))
    expect(await postgresRows(target, 'organizations')).toEqual([])
    expect(await lines(target, 'select 1 from events')).toEqual([])
    expect(await lines(target, 'select 1 from events_15m')).toEqual([])
  })

  it('brings back every row of every table, byte for byte', async () => {
    const restored = await admin<Copied>(['restore', '--from', out], storesEnv(target, join(scratch, 'to')))
    expect(restored).toEqual(done)
    for (const table of Object.keys(done.postgres)) {
      expect(await postgresRows(target, table), table).toEqual(await postgresRows(source, table))
    }
    for (const table of ['exchange_rates', 'decisions', 'keyed_installs', 'load_progress', 'attributor_progress']) {
      const query = `select * from ${table} final order by all`
      expect(await lines(target, query), table).toEqual(await lines(source, query))
    }
    const events = "select * from events where event_id not in ('after the cut', 'batch under way') order by all"
    expect(await lines(target, 'select * from events order by all')).toEqual(await lines(source, events))
    expect(await lines(target, 'select touchpoint_id from touchpoints')).toEqual(['t1'])
    const ids = (limit: number) => `select * from event_ids where log_position <= ${limit}`
    expect(await lines(target, ids(9999))).toEqual(await lines(source, ids(900)))
  })

  it('counts what it brought back once in the rollup', async () => {
    expect(await lines(target, 'select sum(events) from events_15m')).toEqual(['501'])
    expect(await verifyRollups(target.clickhouse, { since: '1970-01-01', until: '2100-01-01' }, 0)).toEqual([])
  })

  it('refuses a target that has rows', async () => {
    await expect(restoreTarget()).rejects.toThrow('The target is not empty')
    expect(await postgresRows(target, 'organizations')).toHaveLength(1)
  })

  it('refuses a folder without a finished backup', async () => {
    await expect(restoreTarget(join(scratch, 'nothing'))).rejects.toThrow('holds no finished backup')
  })

  it('refuses to restore beside a running product', async () => {
    const product = { ...productOf(target, join(scratch, 'to')), kind: 'beside' as const }
    await expect(restore(product, out)).rejects.toThrow('Stop it, restore')
  })
})
