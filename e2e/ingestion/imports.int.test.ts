import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { admin } from '#cli/admin/testing/run-admin.ts'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { STOP_WITH_PARENT } from '#cli/stack/supervisor.ts'
import { requestOf } from '#e2e/tenancy/tenants.ts'
import { createUser } from '#server/modules/account/index.ts'
import { addPiece, refusedFile } from '#server/modules/imports/index.ts'
import {
  type AppsflyerCells,
  appsflyerFile,
  eventRow,
  installRow,
} from '#server/modules/imports/testing/appsflyer-file.ts'
import { setEnv } from '#server/platform/env.ts'
import { newId, type OrgId } from '#server/platform/ids.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { closeStores, openPostgres, type PrismaClient } from '#server/stores/index.ts'

const DAY = Date.UTC(2026, 10, 20)

let stack: IngestStack
let owner: PrismaClient
beforeAll(async () => {
  stack = await startIngestStack({ roles: ['collector', 'loader', 'attributor'] })
  // As web and jobs would be told.
  setEnv({ DATA_DIR: stack.dir, WORKER_PORT: '0' })
  const { DATABASE_ADMIN_URL } = z
    .object({ DATABASE_ADMIN_URL: z.string() })
    .parse(JSON.parse(readFileSync(join(stack.dir, 'connections.json'), 'utf8')))
  owner = openPostgres(DATABASE_ADMIN_URL, 2)
}, 120_000)
afterAll(async () => {
  await owner?.$disconnect()
  await closeStores()
  await stack?.stop()
})

/** The command line beside the stack, as an operator runs it. */
const beside = () => ({ DATA_DIR: stack.dir, DATABASE_URL: '', DATABASE_ADMIN_URL: '', CLICKHOUSE_URL: '' })
const command = (app: string, format: string, file: string, kind = 'events') =>
  ['import', '--app', app, '--kind', kind, '--format', format, file] as string[]
const runImport = (app: string, format: string, file: string) =>
  admin<{ accepted: number; rejected: number; duplicates: number }>(command(app, format, file), beside())

/** An app of its own, so that tests do not count each other's rows. */
async function makeApp(): Promise<{ appId: string; slug: string }> {
  const appId = newId('app')
  const slug = appId.slice(4).toLowerCase()
  const { orgId } = stack
  await owner.app.create({ data: { id: appId, orgId, slug, name: slug, platform: 'android', bundleId: slug } })
  return { appId, slug }
}

async function rows<T = Record<string, unknown>>(query: string, app: string): Promise<T[]> {
  const result = await stack.clickhouse.query({ query, query_params: { app }, format: 'JSONEachRow' })
  return result.json<T>()
}

/** Everything that an import can change, as it stands now. */
const everything = async (app: string) => ({
  events: await rows(
    `select event_name, count() as n, uniqExact(event_id) as ids, toString(sum(revenue)) as revenue, groupUniqArray(currency) as currencies
      from events where app_id = {app:String} group by event_name order by event_name`,
    app,
  ),
  touchpoints: await rows(
    'select count() as n, uniqExact(touchpoint_id) as ids from touchpoints where app_id = {app:String}',
    app,
  ),
  decisions: await rows('select * from decisions where app_id = {app:String} order by device_id, version', app),
})

/** Waits until the attributor has decided an install that arrives after everything else. */
async function untilDecided(app: string): Promise<void> {
  const device = `control-${Date.now()}`
  const answer = await fetch(`${stack.collector}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.secretKey}`, 'x-app-id': app, 'content-type': 'application/json' },
    body: JSON.stringify({ event_name: 'install', device_id: device, event_time: new Date().toISOString() }),
  })
  expect(answer.status).toBe(202)
  await expect
    .poll(
      async () =>
        (await rows('select device_id from decisions where app_id = {app:String}', app)).some(
          (row) => row.device_id === device,
        ),
      { timeout: 60_000, interval: 300 },
    )
    .toBe(true)
}

/** About 200 rows with every quirk; three of them cannot be used. */
function fabricated(): AppsflyerCells[] {
  const list: AppsflyerCells[] = []
  for (let n = 0; n < 60; n += 1) {
    if (n % 10 === 7)
      list.push(
        installRow(n, DAY, {
          'Attributed Touch Type': '',
          'Attributed Touch Time': '',
          'Media Source': 'organic',
          Campaign: '',
        }),
      )
    else if (n % 10 === 8)
      list.push(
        installRow(n, DAY, { 'Media Source': 'restricted', Campaign: '', 'Attributed Touch Type': 'impression' }),
      )
    // Longer ago than our own windows reach: AppsFlyer's verdict stands all the same.
    else if (n % 10 === 9)
      list.push(installRow(n, DAY, { 'Attributed Touch Time': '2026-10-25 10:00:00', 'Attribution Lookback': '30d' }))
    else list.push(installRow(n, DAY))
  }
  for (let n = 0; n < 60; n += 1) {
    list.push(
      eventRow(n, DAY, 5, { 'Event Revenue': '9.99', 'Event Revenue Currency': 'EUR', 'Event Revenue USD': '10.5' }),
    )
    list.push(
      eventRow(n, DAY, 6, { 'Event Name': 'af_ad_revenue', 'Event Revenue': '0.01', 'Event Revenue Currency': 'USD' }),
    )
  }
  for (let n = 0; n < 10; n += 1) {
    // The copy for the media source before the re-engagement.
    list.push(
      eventRow(n, DAY, 5, {
        'Event Revenue': '9.99',
        'Event Revenue Currency': 'EUR',
        'Event Revenue USD': '10.5',
        'Media Source': 'earlier',
        'Is Primary Attribution': 'false',
      }),
    )
    list.push(installRow(100 + n, DAY, { blocked_reason: 'bots' }))
  }
  list.push(eventRow(1, DAY, 9, { 'Event Name': 'uninstall', 'Event Value': '' }))
  list.push(eventRow(2, DAY, 9, { 'Event Name': 're-engagement', 'Is Retargeting': 'true' }))
  list.push(installRow(70, DAY, { 'Event Name': 'reinstall' }))
  list.push(eventRow(3, DAY, 9, { 'Event Time': 'yesterday' }), eventRow(4, DAY, 9, { 'AppsFlyer ID': '' }))
  list.push(eventRow(5, DAY, 9, { 'Event Revenue': '1', 'Event Revenue Currency': 'COINS' }))
  return list
}

describe("AppsFlyer's raw data", () => {
  it('imports with its verdicts, which stand, and a second time changes nothing', async () => {
    const { appId } = await makeApp()
    const file = join(stack.dir, 'appsflyer.csv')
    const list = fabricated()
    await writeFile(
      file,
      appsflyerFile(list, ['blocked_reason'], (columns) => columns.toReversed()),
    )
    const accepted = list.length - 3
    expect(await runImport(appId, 'appsflyer', file)).toEqual({ accepted, rejected: 3, duplicates: 10 })
    await untilDecided(appId)
    const before = await everything(appId)
    const count = (name: string) => before.events.find((row) => row.event_name === name)
    expect(count('install')).toMatchObject({ n: 62, ids: 62 })
    expect(count('af_purchase')).toMatchObject({ n: 60, revenue: '599.4', currencies: ['EUR'] })
    expect(count('af_ad_revenue')).toMatchObject({ n: 60, revenue: '0.6' })
    expect(count('blocked_install')).toMatchObject({ n: 10, revenue: null })
    expect(count('reengagement')).toMatchObject({ n: 1 })
    const verdicts = before.decisions.filter((row) => row.engine_version === 'appsflyer')
    expect(verdicts).toHaveLength(61)
    expect(before.decisions).toHaveLength(62)
    const outcomes = Object.groupBy(verdicts, (row) => String(row.media_source))
    expect([outcomes.organic?.length, outcomes.restricted?.length, outcomes.some_network?.length]).toEqual([6, 6, 49])

    expect(await runImport(appId, 'appsflyer', file)).toEqual({ accepted, rejected: 3, duplicates: accepted })
    await untilDecided(appId)
    const after = await everything(appId)
    expect(after.decisions.filter((row) => row.engine_version === 'appsflyer')).toEqual(verdicts)
    expect(after.touchpoints).toEqual(before.touchpoints)
    // One more: the install that showed that everything before it was decided.
    expect(after.events.filter((row) => row.event_name !== 'install')).toEqual(
      before.events.filter((row) => row.event_name !== 'install'),
    )
    expect(after.events.find((row) => row.event_name === 'install')).toMatchObject({ n: 63, ids: 63 })
  }, 180_000)
})

const importOf = (app: string) => owner.import.findFirst({ where: { appId: app }, orderBy: { createdAt: 'desc' } })

async function manyEvents(file: string, count: number): Promise<void> {
  const line = (n: number) =>
    `{"event_id":"m${n}","event_name":"many","event_time":"2026-11-20T10:00:00Z","device_id":"d${n % 97}","platform":"android","revenue":0.25,"currency":"EUR"}\n`
  await writeFile(file, Array.from({ length: count }, (_, n) => line(n)).join(''))
}

/** Waits until an import has come some way, and not to its end. */
async function untilUnderWay(app: string): Promise<number> {
  let done = 0
  await expect
    .poll(
      async () => {
        const row = await importOf(app)
        done = Number(row?.rowsDone ?? 0)
        return row?.status === 'running' && done > 0
      },
      { timeout: 60_000, interval: 50 },
    )
    .toBe(true)
  return done
}

const MANY = 250_000
const sumOf = (count: number) => [{ n: count, ids: count, revenue: String(count / 4) }]
const SUM = sumOf(MANY)
const sum = (app: string) =>
  rows(
    'select count() as n, uniqExact(event_id) as ids, toString(sum(revenue)) as revenue from events where app_id = {app:String}',
    app,
  )

/** The jobs role in a process of its own. */
function startJobs(): { end(signal: NodeJS.Signals): Promise<void> } {
  const args = ['--import', STOP_WITH_PARENT, 'workers/main.ts', '--roles', 'jobs']
  const child = spawn(process.execPath, args, {
    env: { ...process.env, SUPERVISOR_PID: String(process.pid) },
    stdio: ['pipe', 'inherit', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    async end(signal) {
      child.kill(signal)
      await gone
    },
  }
}

describe('an import that is killed', () => {
  it('on the command line goes on where it was, counts every row once and calls none there before', async () => {
    const { appId } = await makeApp()
    const file = join(stack.dir, 'many.ndjson')
    await manyEvents(file, MANY)
    const child: ChildProcess = spawn(process.execPath, ['cli/admin.ts', ...command(appId, 'ndjson', file), '--json'], {
      env: { ...process.env, ...beside() },
      stdio: 'ignore',
    })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    const done = await untilUnderWay(appId)
    child.kill('SIGKILL')
    await gone
    expect(done).toBeLessThan(MANY)
    expect(await runImport(appId, 'ndjson', file)).toEqual({ accepted: MANY, rejected: 0, duplicates: 0 })
    expect(await sum(appId)).toEqual(SUM)
    const imports = await owner.import.findMany({ where: { appId } })
    expect(imports).toMatchObject([{ status: 'done', rowsDone: BigInt(MANY), keyId: null }])
    expect(await owner.secretKey.count({ where: { name: 'Import of many.ndjson', revokedAt: null } })).toBe(0)
  }, 240_000)

  it('in the jobs role is gone on with by the next one; before that it was uploaded, looked at and started', async () => {
    const { appId, slug } = await makeApp()
    const { userId } = await createUser(stack.orgId as OrgId, `${slug}@example.com`, 'admin', owner)
    const { imports } = createCallerFactory(appRouter)(requestOf(userId))
    const scope = { org: 'bench', app: slug }
    const file = join(stack.dir, 'uploaded.ndjson')
    await manyEvents(file, MANY)
    await writeFile(file, 'no json\n', { flag: 'a' })
    const bytes = await readFile(file)

    const { id } = await imports.begin({ ...scope, fileName: 'uploaded.ndjson', bytes: bytes.length })
    for (let at = 0; at < bytes.length; at += 2 ** 22) {
      const piece = new Blob([bytes.subarray(at, at + 2 ** 22)]).stream()
      await addPiece(id, at, bytes.length, piece)
    }
    expect(await imports.finish({ ...scope, id })).toMatchObject({ status: 'ready', format: 'ndjson', kind: 'events' })
    const preview = await imports.preview({ ...scope, id })
    expect(preview).toMatchObject({ checked: 1000, refused: 0, problem: null })
    await imports.start({ ...scope, id })

    let jobs = startJobs()
    try {
      const done = await untilUnderWay(appId)
      await jobs.end('SIGKILL')
      expect(done).toBeLessThan(MANY)
      jobs = startJobs()
      await expect
        .poll(async () => (await imports.get({ ...scope, id })).status, { timeout: 120_000, interval: 500 })
        .toBe('done')
    } finally {
      await jobs.end('SIGTERM')
    }
    expect(await imports.get({ ...scope, id })).toMatchObject({
      accepted: MANY,
      rejected: 1,
      duplicates: 0,
      share: 1,
      refusedList: true,
      startable: false,
    })
    expect(await sum(appId)).toEqual(SUM)
    const refused = await readFile(refusedFile(stack.dir, id), 'utf8')
    expect(refused).toMatch(
      new RegExp(
        `^line,field,code,message,row\n${MANY + 1},,invalid_json,"?The line is not readable JSON.*,no json\n$`,
      ),
    )
    await expect(stat(join(stack.dir, 'uploads', id))).rejects.toThrow('ENOENT')
  }, 240_000)
})

it('an import is cancelled from the console, keeps what is done, and goes on when it is started again', async () => {
  const { appId, slug } = await makeApp()
  const { userId } = await createUser(stack.orgId as OrgId, `${slug}@example.com`, 'admin', owner)
  const { imports } = createCallerFactory(appRouter)(requestOf(userId))
  const scope = { org: 'bench', app: slug }
  // Enough rows that it is surely still under way when the word to stop arrives.
  const count = 4 * MANY
  const file = join(stack.dir, 'cancelled.ndjson')
  await manyEvents(file, count)
  const bytes = await readFile(file)
  const { id } = await imports.begin({ ...scope, fileName: 'cancelled.ndjson', bytes: bytes.length })
  for (let at = 0; at < bytes.length; at += 2 ** 22)
    await addPiece(id, at, bytes.length, new Blob([bytes.subarray(at, at + 2 ** 22)]).stream())
  await imports.finish({ ...scope, id })
  await imports.start({ ...scope, id })
  const jobs = startJobs()
  try {
    await untilUnderWay(appId)
    await imports.cancel({ ...scope, id })
    const status = async () => (await imports.get({ ...scope, id })).status
    await expect.poll(status, { timeout: 60_000 }).toBe('cancelled')
    const stopped = await imports.get({ ...scope, id })
    expect(stopped.rowsDone).toBeGreaterThan(0)
    expect(stopped.rowsDone).toBeLessThan(count)
    await sleep(1000)
    expect((await imports.get({ ...scope, id })).rowsDone).toBe(stopped.rowsDone)
    await expect(imports.start({ ...scope, id, format: 'csv' })).rejects.toThrow('Rows were imported already')
    await imports.start({ ...scope, id })
    await expect.poll(status, { timeout: 120_000, interval: 500 }).toBe('done')
    expect(await imports.get({ ...scope, id })).toMatchObject({ accepted: count, duplicates: 0 })
    expect(await sum(appId)).toEqual(sumOf(count))
  } finally {
    await jobs.end('SIGTERM')
  }
}, 240_000)
