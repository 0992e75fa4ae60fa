import { describe, expect, it } from 'vitest'
import { packed } from '#server/eventlog/index.ts'
import { referrerClickId } from '#server/modules/attribution/engine/index.ts'
import { Batch } from '#server/modules/events/ingest/batch.ts'
import type { IngestContext } from '#server/modules/events/ingest/context.ts'
import type { RefusalCode } from '#server/modules/events/ingest/refusal.ts'
import { exportInput } from '#server/modules/exports/schema.ts'
import { restQueryInput } from '#server/modules/reports/schema.ts'
import { EVENT_FIELDS, REFUSALS } from './reference.ts'
import * as samples from './samples.ts'

const context = (more: Partial<IngestContext> = {}): IngestContext => ({
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'android',
  receivedAt: Date.UTC(2026, 10, 22),
  requestId: 'req_1',
  fromServer: false,
  ip: '198.51.100.4',
  userAgent: '',
  countryOf: () => '',
  ...more,
})

function ingest(kind: 'event' | 'touchpoint', items: readonly unknown[], from: IngestContext = context()) {
  const batch = new Batch(kind, from)
  for (const [index, item] of items.entries()) batch.add(item, index, () => JSON.stringify(item))
  return batch.finish()
}

/** What a shell command hands to curl as its body. */
function bodyOf(command: string): string {
  const [, body] = /-(?:d|-data-binary) '([^']*)'$/.exec(command) ?? []
  expect(body, `no body in ${command}`).toBeDefined()
  return body ?? ''
}

describe('the snippets of the documentation', () => {
  it.each([
    ['install', samples.curlEvent('http://localhost:4000', samples.INSTALL)],
    ['purchase', samples.curlEvent('http://localhost:4000', samples.PURCHASE)],
  ])('hold an %s that the collector accepts and counts once', (_name, command) => {
    const { accepted, rejected, nonIdempotent } = ingest('event', [JSON.parse(bodyOf(command))])
    expect({ accepted, rejected, nonIdempotent }).toEqual({ accepted: 1, rejected: [], nonIdempotent: 0 })
  })

  it('hold server events and touchpoints as NDJSON that the collector accepts', () => {
    const server = context({ fromServer: true, ip: '', userAgent: '' })
    const lines = (command: string) =>
      bodyOf(command)
        .split('\n')
        .map((line): unknown => JSON.parse(line))
    expect(ingest('event', lines(samples.serverEvents('http://localhost:4000')), server)).toMatchObject({
      accepted: 1,
      rejected: [],
    })
    expect(ingest('touchpoint', lines(samples.serverTouchpoints('http://localhost:4000')), server)).toMatchObject({
      accepted: 2,
      rejected: [],
    })
  })

  it('hold JavaScript that runs and sends events the collector accepts', async () => {
    const sent: { url: string; init: { method: string; headers: Record<string, string>; body: string } }[] = []
    const fetch = async (url: string, init: (typeof sent)[number]['init']) => {
      sent.push({ url, init })
      return { status: 202, json: async () => ({}) }
    }
    const code = samples.javaScriptEvents('http://localhost:4000')
    const run = new Function('fetch', 'crypto', 'console', `return (async () => { ${code} })()`)
    await run(fetch, globalThis.crypto, { log: () => undefined })
    const [request] = sent
    expect(request?.url).toBe('http://localhost:4000/v1/events')
    expect(request?.init.headers.Authorization).toBe(`Bearer ${samples.PLACEHOLDER.ingestKey}`)
    const events = JSON.parse(request?.init.body ?? '[]') as unknown[]
    expect(ingest('event', events, context({ receivedAt: Date.now() }))).toMatchObject({
      accepted: 2,
      rejected: [],
      nonIdempotent: 0,
    })
  })

  it('show the answer that the collector gives to the mixed batch', () => {
    const { accepted, rejected } = ingest('event', samples.MIXED_BATCH)
    expect({ accepted, rejected }).toEqual(samples.MIXED_ANSWER)
  })

  it('name the click id in a form that the referrer is read in', () => {
    expect(referrerClickId(samples.INSTALL.install_referrer)).toBe(samples.PLACEHOLDER.clickId)
  })

  it('ask for a report and an export that the REST interface accepts', () => {
    const report = bodyOf(samples.reportQuery('http://localhost:3000'))
    expect(restQueryInput.safeParse(JSON.parse(report)).error?.issues).toBeUndefined()
    const [address = ''] = /http[^']*/.exec(samples.exportQuery('http://localhost:3000')) ?? []
    const query = Object.fromEntries(new URL(address).searchParams)
    expect(exportInput.safeParse(query).error?.issues).toBeUndefined()
  })
})

describe('the reference tables', () => {
  it('list every event field that has a column of its own, and none that has not', () => {
    const documented = EVENT_FIELDS.flatMap(({ names }) => names)
    expect(new Set(documented).size).toBe(documented.length)
    const values: Record<string, unknown> = {
      ...samples.SERVER_PURCHASE,
      event_time: '2026-11-20T00:00:00Z',
      country: 'DE',
      environment: 'sandbox',
      consent: { ads: true },
    }
    for (const name of documented) values[name] ??= name.includes('_time') ? '2026-11-19T00:00:00Z' : 'x'
    const { frames, rejected } = ingest('event', [values], context({ fromServer: true }))
    expect(rejected).toEqual([])
    const row = packed.unpackRows(frames[0]?.payload ?? Buffer.alloc(0), 1)[0] ?? {}
    for (const name of documented) expect([undefined, null, ''], `${name} is no column`).not.toContain(row[name])
    // Whatever the collector does not know ends up in properties: only what was put there may be there.
    expect(JSON.parse(String(row.properties))).toEqual(samples.PURCHASE.properties)
  })

  it('explain every code of a refusal', () => {
    const explained: Record<RefusalCode, string> = REFUSALS
    expect(Object.values(explained).every((text) => text.length > 10)).toBe(true)
  })
})
