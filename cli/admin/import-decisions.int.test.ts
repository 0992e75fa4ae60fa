import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import {
  DEFAULT_SETTINGS,
  type DecisionRow,
  decide,
  decisionRow,
  engineInstall,
  type StoredInstall,
} from '#server/modules/attribution/index.ts'
import { exportInput, exportRows } from '#server/modules/exports/index.ts'
import { type AppId, newId, type OrgId } from '#server/platform/ids.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { importFile } from './import.ts'
import { productOf } from './testing/run-admin.ts'

const stores = useStores()
const orgId = newId('org') as OrgId
const appId = newId('app') as AppId
const INSTALLED = Date.parse('2026-10-25T10:00:00.123Z')
let scratch: string

function install(n: number, clickId: string | null): StoredInstall {
  const time = new Date(INSTALLED + n).toISOString()
  const absent = null
  return {
    event_id: `install ${n}`,
    device_id: `device "${n}",\t☃`,
    install_time: time,
    received_at: time,
    platform: 'android',
    environment: 'production',
    advertising_id: `00000000-0000-4000-8000-00000000000${n}`,
    idfv: absent,
    customer_user_id: absent,
    click_id: clickId,
    install_referrer: absent,
    referrer_click_id: absent,
    referrer_click_time: absent,
    install_begin_time: absent,
    referrer_click_time_server: absent,
    install_begin_time_server: absent,
    ip: absent,
    country: 'DE',
    os_version: '14',
    app_version: absent,
    device_model: absent,
    user_agent: absent,
    probabilistic_allowed: true,
    completed_by: [],
  }
}

/** Three installs decided by the real engine: attributed, organic, and organic first and attributed after a late click. */
function decisions(): DecisionRow[] {
  const tenant = { orgId, appId }
  const rows = (stored: StoredInstall, touched: boolean, before?: DecisionRow) => {
    const touchpoint = {
      touchpointId: `click ${stored.event_id}`,
      touchpointType: 'click' as const,
      touchpointTime: INSTALLED - 60_000,
      mediaSource: 'ads_net',
      campaign: 'line\nbreak, "quoted"',
    }
    const verdict = decide(engineInstall(stored), touched ? [touchpoint] : [], DEFAULT_SETTINGS, [])
    return decisionRow(tenant, stored, verdict, before, INSTALLED + 5000)
  }
  const late = install(3, 'click install 3')
  const first = rows(late, false)
  return [rows(install(1, 'click install 1'), true), rows(install(2, null), false), first, rows(late, true, first)]
}

async function stored(app: string): Promise<unknown[]> {
  const result = await stores.clickhouse.query({
    query: `select * except (org_id, app_id) from decisions where app_id = {app:String} order by device_id, version`,
    query_params: { app },
    format: 'JSONEachRow',
  })
  return result.json()
}

type Format = 'csv' | 'ndjson' | 'parquet'

async function exported(format: Format): Promise<string> {
  const input = exportInput.parse({ app: appId, from: '2026-10-25', to: '2026-10-26', format })
  const scope = { ...wholeOrganization(orgId), apps: [appId] }
  const { body } = await exportRows(scope, 'UTC', 'decisions', input, { surface: 'test' })
  const file = join(scratch, `decisions.${format}`)
  await pipeline(body, createWriteStream(file))
  return file
}

/** An app that decisions can be imported to. */
async function makeApp(id: AppId): Promise<AppId> {
  await stores.admin.organization.upsert({
    where: { id: orgId },
    create: { id: orgId, slug: 'decisions', name: 'Decisions' },
    update: {},
  })
  const data = { id, orgId, slug: id.toLowerCase(), name: id, platform: 'android' as const, bundleId: id }
  await stores.admin.app.create({ data })
  return id
}

const run = (app: AppId, format: Format, file: string) =>
  importFile(productOf(stores, scratch), { orgId, appId: app, kind: 'decisions', format, file })

beforeAll(async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-import-'))
  await insertRows(
    stores.clickhouse,
    'decisions',
    decisions().map((row) => ({ ...row })),
  )
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

describe.each(['csv', 'ndjson', 'parquet'] as const)('import of the decisions export as %s', (format) => {
  const other = newId('app') as AppId
  beforeAll(() => makeApp(other))

  it('takes every decision over with its id, version, times, reasons and candidates', async () => {
    const result = await run(other, format, await exported(format))
    expect(result).toEqual({ accepted: 4, rejected: 0, duplicates: 0 })
    const rows = await stored(other)
    expect(rows).toHaveLength(4)
    expect(rows).toEqual(await stored(appId))
  })

  it('changes nothing the second time', async () => {
    const result = await run(other, format, await exported(format))
    expect(result).toEqual({ accepted: 4, rejected: 0, duplicates: 4 })
    expect(await stored(other)).toHaveLength(4)
  })

  it('writes the keys by which a late touchpoint finds the install', async () => {
    const result = await stores.clickhouse.query({
      query:
        "select device_id, install_time from keyed_installs final where app_id = {app:String} and key = 't:click install 3'",
      query_params: { app: other },
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([{ device_id: 'device "3",\t☃', install_time: '2026-10-25T10:00:00.126Z' }])
  })
})

describe('import of decisions', () => {
  it('refuses what is no decision row by row, and what is decided otherwise here, and takes the rest', async () => {
    const other = await makeApp(newId('app') as AppId)
    const lines = (await readFile(await exported('ndjson'), 'utf8')).trim().split('\n')
    const [first = '', second = '', third = ''] = lines.sort()
    const file = join(scratch, 'mixed.ndjson')
    const changed = { ...JSON.parse(first), decision_id: 'dec_of_somebody_else' }
    const broken = { ...JSON.parse(third), candidates: '[{"touchpoint_id": 1}]' }
    await writeFile(file, [first, JSON.stringify(changed), 'no json', JSON.stringify(broken), '{}', second].join('\n'))
    expect(await run(other, 'ndjson', file)).toEqual({ accepted: 2, rejected: 4, duplicates: 0 })
    expect(await stored(other)).toHaveLength(2)
    const said = vi.mocked(console.error).mock.calls.flat().join('\n')
    expect(said).toContain('Import decisions before events.')
    expect(said).toContain('candidates: does not fit: 0.touchpoint_id')
    expect(said).toContain('line 3: The line is not JSON.')
  })
})
