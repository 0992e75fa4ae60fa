import { beforeAll, describe, expect, it } from 'vitest'
import { GET as getExport } from '#app/api/v1/exports/[kind]/route.ts'
import { GET as getOpenApi } from '#app/api/v1/openapi.json/route.ts'
import { POST as postReport } from '#app/api/v1/reports/query/route.ts'
import { decisionRow, eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, type TestTenant } from '#e2e/fixtures/tenant.ts'

const stores = useStores()
let one: TestTenant
let two: TestTenant
let key: string
let otherKey: string

beforeAll(async () => {
  one = await makeTenant(stores, 'Rest One', { timezone: 'Europe/Paris', currency: 'EUR' })
  two = await makeTenant(stores, 'Rest Two')
  key = await one.secretKey('reports:read', 'exports:read')
  otherKey = await two.secretKey('reports:read', 'exports:read')
  const a = { org_id: one.orgId, app_id: one.appId }
  const events = Array.from({ length: 250 }, (_, n) =>
    eventRow({
      ...a,
      event_id: `e${String(n).padStart(3, '0')}`,
      device_id: `d${n % 10}`,
      // Ten events in each second, so that pages must cut inside one time.
      event_time: `2026-10-02T10:00:${String(Math.floor(n / 10)).padStart(2, '0')}.000Z`,
      revenue: n === 0 ? 1.5 : null,
      currency: n === 0 ? 'EUR' : '',
      properties: n === 0 ? '{"note":"a, \\"quoted\\"\\nline"}' : '{}',
    }),
  )
  await insertRows(stores.clickhouse, 'events', events)
  const b = { org_id: two.orgId, app_id: two.appId }
  await insertRows(stores.clickhouse, 'events', [
    eventRow({ ...b, event_id: 'secret', device_id: 'd', event_time: '2026-10-02T10:00:00.000Z' }),
  ])
  const decision = decisionRow({ ...a, device_id: 'd1', install_time: '2026-10-02T09:00:00.000Z' })
  const won = { ...decision, version: 2, decision_id: 'dec_2', outcome: 'attributed', media_source: 'ads_net' }
  await insertRows(stores.clickhouse, 'decisions', [decision, won])
  await insertRows(stores.clickhouse, 'decisions', [won])
})

const report = (body: unknown, bearer: string | null = key) =>
  postReport(
    new Request('http://localhost/api/v1/reports/query', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: bearer === null ? {} : { authorization: `Bearer ${bearer}` },
    }),
    { params: Promise.resolve({}) },
  )
const download = (kind: string, query: Record<string, string>, bearer = key) =>
  getExport(
    new Request(`http://localhost/api/v1/exports/${kind}?${new URLSearchParams(query)}`, {
      headers: { authorization: `Bearer ${bearer}` },
    }),
    { params: Promise.resolve({ kind }) },
  )
const range = { from: '2026-10-01', to: '2026-10-08' }

describe('POST /api/v1/reports/query', () => {
  it('answers by the contract, with the app named by id or slug', async () => {
    for (const app of [one.appId, one.app]) {
      const response = await report({ app, ...range, metrics: ['events', 'revenue', 'cost'], dimensions: ['date'] })
      expect(response.status).toBe(200)
      expect(response.headers.get('x-request-id')).toMatch(/^req_/)
      expect(await response.json()).toEqual({
        rows: [{ date: '2026-10-02', events: 250, revenue: 1.5, cost: null }],
        meta: {
          currency: 'EUR',
          timezone: 'Europe/Paris',
          ...range,
          truncated: false,
          missing: [{ metric: 'cost', reason: 'no_costs_imported', message: expect.any(String), partial: false }],
        },
      })
    }
  })

  it.each([
    ['no key', null, {}, 401, undefined],
    ['an unknown key', 'sk_unknown', {}, 401, undefined],
    ['another tenant’s app', undefined, { app: 'rest-two' }, 404, 'app'],
    ['an unknown metric', undefined, { metrics: ['x'] }, 422, 'metrics.0'],
    ['a misspelt field', undefined, { filter: [] }, 422, undefined],
    ['no app', undefined, { app: undefined }, 422, 'app'],
    ['a wrong type', undefined, { limit: '10' }, 422, 'limit'],
  ])('refuses %s', async (_name, bearer, more, status, field) => {
    const response = await report(
      { app: one.app, ...range, metrics: ['events'], ...more },
      bearer === undefined ? key : bearer,
    )
    expect(response.status).toBe(status)
    const { error } = await response.json()
    expect(error).toMatchObject({
      code: expect.any(String),
      message: expect.any(String),
      request_id: expect.any(String),
    })
    expect(error.field).toBe(field)
  })

  it('refuses a body that is no JSON, and a key without the scope', async () => {
    expect((await report('{"app":')).status).toBe(400)
    const response = await report({ app: one.app, ...range, metrics: ['events'] }, await one.secretKey('links:read'))
    expect(response.status).toBe(403)
    expect((await response.json()).error.message).toContain('reports:read')
  })
})

describe('GET /api/v1/exports/{kind}', () => {
  it('streams every row as CSV that reads back exactly', async () => {
    const response = await download('events', { app: one.app, ...range })
    expect(response.headers.get('content-type')).toContain('text/csv')
    const text = await response.text()
    const lines = text.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^event_id,event_name,event_time,/)
    expect(lines[0]).not.toContain('org_id')
    expect(text).not.toContain('secret')
    const { parse } = await import('csv-parse/sync')
    const rows = parse<Record<string, string>, Record<string, string>>(text, { columns: true })
    expect(rows).toHaveLength(250)
    const first = rows.find((row) => row.event_id === 'e000')
    expect(first).toMatchObject({ event_time: '2026-10-02T10:00:00.000Z', revenue: '1.5' })
    expect(JSON.parse(first?.properties ?? '')).toEqual({ note: 'a, "quoted"\nline' })
  })

  it('pages in order, each row once, until no cursor comes', async () => {
    const seen: string[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const query = { app: one.app, ...range, format: 'ndjson', limit: '50', ...(cursor ? { cursor } : {}) }
      const response = await download('events', query)
      const lines = (await response.text()).trimEnd().split('\n')
      expect(lines).toHaveLength(50)
      seen.push(...lines.map((line) => JSON.parse(line).event_id as string))
      cursor = response.headers.get('x-next-cursor') ?? undefined
      pages += 1
    } while (cursor)
    expect(pages).toBe(5)
    expect(seen).toEqual(Array.from({ length: 250 }, (_, n) => `e${String(n).padStart(3, '0')}`))
  })

  it('exports installs under the current decision and decisions as all there were', async () => {
    const rows = async (kind: string) =>
      (await (await download(kind, { app: one.app, ...range, format: 'ndjson' })).text())
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    expect(await rows('installs')).toMatchObject([{ device_id: 'd1', version: 2, media_source: 'ads_net' }])
    expect((await rows('decisions')).map((row) => row.version).sort()).toEqual([1, 2])
  })

  it('writes Parquet, and nothing where there is nothing', async () => {
    const bytes = Buffer.from(
      await (await download('events', { app: one.app, ...range, format: 'parquet' })).arrayBuffer(),
    )
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1')
    expect(bytes.subarray(-4).toString()).toBe('PAR1')
    const empty = await download('touchpoints', { app: one.app, ...range })
    expect((await empty.text()).split('\n').filter(Boolean)).toHaveLength(1)
    expect(await (await download('rejected', { app: one.app, ...range, format: 'ndjson' })).text()).toBe('')
  })

  it('refuses what it cannot do', async () => {
    const status = async (kind: string, query: Record<string, string>, bearer = key) =>
      (await download(kind, { app: one.app, ...range, ...query }, bearer)).status
    expect(await status('passwords', {})).toBe(404)
    expect(await status('events', { format: 'xml' })).toBe(422)
    expect(await status('events', { limit: 'many' })).toBe(422)
    expect(await status('events', { cursor: 'nonsense' })).toBe(422)
    expect(await status('events', {}, otherKey)).toBe(404)
  })
})

describe('GET /api/v1/openapi.json', () => {
  it('describes every REST route with its inputs', async () => {
    const document = await getOpenApi().json()
    expect(document.openapi).toBe('3.1.0')
    expect(Object.keys(document.paths)).toEqual([
      '/api/v1/reports/query',
      '/api/v1/multi-touch/query',
      '/api/v1/exports/{kind}',
      '/api/v1/apps/{app}/installs/{device_id}/decision',
    ])
    const body = document.paths['/api/v1/reports/query'].post.requestBody.content['application/json'].schema
    expect(body.required).toEqual(['app', 'from', 'to', 'metrics'])
    expect(body.properties.metrics.items.enum).toContain('retention_d30')
    const names = document.paths['/api/v1/exports/{kind}'].get.parameters.map((entry: { name: string }) => entry.name)
    expect(names).toEqual(['kind', 'app', 'from', 'to', 'timezone', 'format', 'limit', 'cursor'])
  })
})
