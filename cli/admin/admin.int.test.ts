import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { checkPassword } from '#server/modules/account/index.ts'
import { admin, runAdmin, storesEnv } from './testing/run-admin.ts'

const stores = useStores()
let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-admin-'))
  // The embedded Postgres runs as another user when the tests run as root.
  await chmod(scratch, 0o755)
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe('the command line beside configured stores', () => {
  let env: Record<string, string>
  let appId: string
  beforeAll(() => {
    env = storesEnv(stores, join(scratch, 'configured'))
  })

  it('makes organization, app, key, link and user as the contract says', async () => {
    const org = await admin<{ orgId: string; slug: string; ownerPassword: string }>(
      ['org', 'create', '--name', 'Grün & Co', '--owner-email', 'Owner@Example.com', '--plan', 'growth'],
      env,
    )
    const app = await admin<{ appId: string; ingestKey: string }>(
      [
        'app',
        'create',
        '--org',
        org.slug,
        '--name',
        'Game',
        '--platform',
        'android',
        '--bundle-id',
        'com.example.game',
      ],
      env,
    )
    appId = app.appId
    const [key, link, user] = await Promise.all([
      admin<{ keyId: string; secretKey: string }>(
        ['key', 'create', '--org', org.slug, '--scopes', 'events:write,reports:read'],
        env,
      ),
      admin<{ linkId: string; clickUrl: string; viewUrl: string }>(
        [
          'link',
          'create',
          '--app',
          appId,
          '--media-source',
          'ads_net',
          '--campaign',
          'c1',
          '--redirect',
          'https://example.com/x',
          '--retargeting',
          'yes',
        ],
        env,
      ),
      admin<{ userId: string; password: string }>(
        ['user', 'create', '--org', org.slug, '--email', 'analyst@example.com', '--role', 'analyst'],
        env,
      ),
    ])
    const db = stores.admin
    expect(await db.organization.findUniqueOrThrow({ where: { id: org.orgId } })).toMatchObject({
      slug: org.slug,
      name: 'Grün & Co',
      plan: 'growth',
    })
    const owner = await db.user.findUniqueOrThrow({
      where: { email: 'owner@example.com' },
      include: { memberships: true },
    })
    expect(owner.memberships).toMatchObject([{ orgId: org.orgId, role: 'owner' }])
    const signIn = { email: 'owner@example.com', password: org.ownerPassword }
    expect(await checkPassword(signIn, '127.0.0.1')).toMatchObject({ userId: owner.id })
    expect(await db.ingestKey.findMany({ where: { appId } })).toMatchObject([{ key: app.ingestKey, revokedAt: null }])
    expect(await db.secretKey.findUniqueOrThrow({ where: { id: key.keyId } })).toMatchObject({
      orgId: org.orgId,
      scopes: ['events:write', 'reports:read'],
    })
    expect(key.secretKey.length).toBeGreaterThan(20)
    expect(await db.link.findUniqueOrThrow({ where: { id: link.linkId } })).toMatchObject({
      appId,
      mediaSource: 'ads_net',
      campaign: 'c1',
      fallbackUrl: 'https://example.com/x',
      isRetargeting: true,
    })
    expect([link.clickUrl, link.viewUrl].map((url) => new URL(url).pathname)).toEqual([
      `/c/${link.linkId}`,
      `/v/${link.linkId}`,
    ])
    expect(await db.membership.findMany({ where: { userId: user.userId } })).toMatchObject([
      { orgId: org.orgId, role: 'analyst' },
    ])
  }, 120_000)

  it('imports events through a collector of its own, and a second time none', async () => {
    const file = join(scratch, 'events.ndjson')
    const events = Array.from({ length: 300 }, (_, n) => ({
      event_id: `e${n}`,
      event_name: 'purchase',
      event_time: '2026-10-25T10:00:00Z',
      platform: 'android',
      device_id: `d${n % 7}`,
      revenue: 0.1,
      currency: 'EUR',
    }))
    const bad = { event_id: 'bad', event_name: 'purchase', platform: 'android' }
    await writeFile(file, [...events, bad].map((event) => `${JSON.stringify(event)}\n`).join(''))
    const command = ['import', '--app', appId, '--kind', 'events', '--format', 'ndjson', file]
    expect(await admin(command, env)).toEqual({ accepted: 300, rejected: 1, duplicates: 0 })
    expect(await admin(command, env)).toEqual({ accepted: 300, rejected: 1, duplicates: 300 })
    const counted = await stores.clickhouse.query({
      query:
        'select count() as rows, uniqExact(event_id) as ids, sum(revenue) as revenue from events where app_id = {app:String}',
      query_params: { app: appId },
      format: 'JSONEachRow',
    })
    expect(await counted.json()).toEqual([{ rows: 300, ids: 300, revenue: 30 }])
  }, 60_000)

  it('replays dead letters as they were sent, twice counts once, and what was taken is loaded when the command ends', async () => {
    const { orgId } = await stores.admin.app.findUniqueOrThrow({ where: { id: appId } })
    const letter = (n: number, code: string, raw: object) => ({
      org_id: orgId,
      app_id: appId,
      rejected_id: `letter-${n}`,
      kind: 'event',
      received_at: '2026-10-26T10:00:00.000Z',
      code,
      field: '',
      message: 'x',
      raw: JSON.stringify(raw),
      request_id: 'req_old',
      log_id: 'log_old',
      log_position: '5',
    })
    const stored = {
      org_id: orgId,
      app_id: appId,
      request_id: 'req_old',
      received_at: '2026-10-26T10:00:00.000Z',
      event_id: 'stored',
      event_name: 'replayed',
      event_time: '2026-10-26T09:00:00.000Z',
      platform: 'android',
      device_id: 'd1',
      properties: '{"level":3}',
      log_id: 'log_old',
      log_position: 5,
    }
    // More than one page, all of one moment.
    const others = Array.from({ length: 1200 }, (_, n) =>
      letter(n, 'too_deep', { event_name: 'replayed', device_id: `d${n}`, ip: '192.0.2.9' }),
    )
    await stores.clickhouse.insert({
      table: 'rejected_events',
      values: [...others, letter(9999, 'load_failed', stored)],
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
    const command = ['dead-letters', 'replay', '--app', appId]
    const query = `select count() as rows, uniqExact(event_id) as ids, countIf(ip != '') as ips, countIf(event_time = '2026-10-26 10:00:00') as arrived,
      anyIf(properties, event_id = 'stored') as properties from events where app_id = {app:String} and event_name = 'replayed'`
    const read = async () =>
      (await stores.clickhouse.query({ query, query_params: { app: appId }, format: 'JSONEachRow' })).json()
    const firstOnes = { rows: 1200, ids: 1200, ips: 0, arrived: 1200, properties: '' }
    const all = { rows: 1201, ids: 1201, ips: 0, arrived: 1200, properties: '{"level":3}' }
    for (const [code, count, there] of [
      ['too_deep', 1200, firstOnes],
      ['load_failed', 1, all],
    ] as const) {
      expect(await admin([...command, '--code', code], env)).toMatchObject({ replayed: count, accepted: count })
      // Nobody else loads: what the command's own loader left would wait for the next one.
      expect(await read()).toEqual([there])
      expect(await admin([...command, '--code', code], env)).toMatchObject({ replayed: 0 })
      expect(await admin([...command, '--code', code, '--again', 'yes'], env)).toMatchObject({ accepted: count })
      expect(await read()).toEqual([there])
    }
  }, 240_000)

  it('migrates beside a running stack and names what it applied', async () => {
    const dataDir = join(scratch, 'beside')
    await mkdir(dataDir)
    const { DATABASE_URL, DATABASE_ADMIN_URL, CLICKHOUSE_URL } = env
    const running = { DATABASE_URL, DATABASE_ADMIN_URL, CLICKHOUSE_URL, owner: process.pid }
    await writeFile(join(dataDir, 'connections.json'), JSON.stringify(running))
    const database = `${stores.clickhouseDatabase}_beside`
    const beside = {
      NODE_ENV: 'test',
      DATA_DIR: dataDir,
      DATABASE_URL: '',
      DATABASE_ADMIN_URL: '',
      CLICKHOUSE_URL: '',
      CLICKHOUSE_DATABASE: database,
    }
    try {
      const applied = { postgres: [], clickhouse: expect.arrayContaining([expect.stringMatching(/^0001_/)]) }
      expect(await admin(['migrate'], beside)).toEqual(applied)
      expect(await admin(['migrate'], beside)).toEqual({ postgres: [], clickhouse: [] })
    } finally {
      await stores.clickhouse.command({ query: `drop database if exists ${database}` })
    }
  }, 60_000)

  it.each([
    [['org', 'create', '--name', 'X'], 1, /owner-email: is missing/],
    [
      ['app', 'create', '--org', 'absent', '--name', 'X', '--platform', 'web', '--bundle-id', 'x.example'],
      1,
      /org: There is no organization absent/,
    ],
    [['frobnicate'], 2, /Usage: npm run admin/],
  ])('answers %j with the exit code and the option at fault', async (args, code, message) => {
    const run = await runAdmin(args, env)
    expect([run.code, run.stderr, run.stdout]).toEqual([code, expect.stringMatching(message), ''])
    expect(run.stderr).not.toContain('    at ')
  })
})

describe('the command line with nothing running', () => {
  it('starts the embedded stores, works, stops them, and finds its data again', async () => {
    const dataDir = join(scratch, 'embedded')
    const env = {
      NODE_ENV: 'test',
      DATA_DIR: dataDir,
      DATABASE_URL: '',
      DATABASE_ADMIN_URL: '',
      CLICKHOUSE_URL: '',
      CLICKHOUSE_DATABASE: '',
    }
    const org = await admin<{ slug: string }>(
      ['org', 'create', '--name', 'Studio', '--owner-email', 'o@example.com'],
      env,
    )
    expect(existsSync(join(dataDir, 'connections.json'))).toBe(false)
    expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false)
    const app = await admin<{ appId: string }>(
      ['app', 'create', '--org', org.slug, '--name', 'Game', '--platform', 'ios', '--bundle-id', 'com.example.game'],
      env,
    )
    expect(app.appId).toMatch(/^app_/)
  }, 60_000)
})
