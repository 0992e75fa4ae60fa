import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { takeImport } from '#server/modules/imports/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type ImportTools, runImport } from './run.ts'

const stores = useStores()
let scratch: string
let collector: TestCollector
let tenant: TestTenant
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-run-'))
  collector = await startTestCollector(stores.databaseUrl)
  tenant = await makeTenant(stores)
})
afterAll(async () => {
  await collector?.stop()
  await rm(scratch, { recursive: true, force: true })
})

/** Imports lines as the command line does. */
async function run(name: string, content: string | Uint8Array, more: Partial<ImportTools> = {}) {
  const file = join(scratch, name)
  await writeFile(file, content)
  const app = { orgId: tenant.orgId as OrgId, appId: tenant.appId as AppId }
  const facts = { name, bytes: content.length, fingerprint: name.padEnd(64, 'f') }
  const held = await takeImport(app, { kind: 'events', format: 'ndjson', mapping: {} }, facts, 'test', stores.admin)
  return runImport(held, file, {
    worker: 'test',
    postgres: stores.admin,
    clickhouse: stores.clickhouse,
    env: { DATA_DIR: scratch, EVENT_LOG: 'disk' },
    collector: collector.url,
    patience: 0,
    ...more,
  })
}
const LINE = '{"event_id":"e1","event_name":"a","event_time":"2026-11-01T00:00:00Z","device_id":"d1"}'

it('the key of an import expires by itself should its process be killed, and is gone at its end', async () => {
  const keys = () => stores.admin.secretKey.findMany({ where: { name: 'Import of key.ndjson' } })
  let during: ReturnType<typeof keys> | undefined
  await run('key.ndjson', LINE, {
    onRefused: () => {
      during = keys().then((found) => found) as ReturnType<typeof keys>
    },
    collector: await answering((lines) => ({
      accepted: lines - 1,
      rejected: [{ index: 0, code: 'missing', message: 'm', field: 'f' }],
    })),
  })
  const [key] = (await during) ?? []
  expect(key?.expiresAt?.getTime()).toBeGreaterThan(Date.now())
  expect(key?.expiresAt?.getTime()).toBeLessThan(Date.now() + 3_600_000)
  expect(await keys()).toEqual([])
}, 60_000)

it('rows without identity are given one: the same file again sends the same ids', async () => {
  const lines = ['{"event_id":null,"event_name":"a","device_id":"d","properties":{"event_time":"x"}}', LINE].join('\n')
  const ids = async () => (await collector.rows('event')).map((row) => row.event_id)
  expect(await run('ids.ndjson', lines)).toMatchObject({ accepted: 2, rejected: 0 })
  const first = await ids()
  await run('ids.ndjson', lines)
  expect(new Set(await ids())).toEqual(new Set(first))
}, 60_000)

it('an import fails loudly when the collector gives its rows ids of chance', async () => {
  const url = await answering((lines) => ({ accepted: lines, rejected: [], non_idempotent: 1 }))
  await expect(run('chance.ndjson', LINE, { collector: url })).rejects.toThrow('would count them again')
}, 60_000)

it('an import of a file that unpacks to far more than any file does is given up', async () => {
  const bomb = gzipSync(Buffer.concat([Buffer.from(`${LINE}\n`), Buffer.alloc(16 * 2 ** 20, '\n')]))
  await expect(run('bomb.ndjson', bomb)).rejects.toThrow('unpacks to more than 200 times')
}, 60_000)

const servers: { close(): void }[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** A collector that answers batches as told. @returns its address */
async function answering(answer: (lines: number) => unknown): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    response.writeHead(202, { 'x-request-id': String(request.headers['x-request-id']), connection: 'close' })
    response.end(JSON.stringify(answer(body.split('\n').length)))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}
