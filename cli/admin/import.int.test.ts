import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { openDiskLogWriter } from '#server/eventlog/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { createLogger } from '#server/platform/logger.ts'
import { frame, line, openLoader } from '#workers/loader/testing/fixture.ts'
import { importFile } from './import.ts'
import { productOf } from './testing/run-admin.ts'

const stores = useStores()

it('counts nothing as a duplicate because the loader is behind', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'unmogrowp-import-'))
  const orgId = 'org_slow' as OrgId
  const appId = 'app_slow' as AppId
  await stores.admin.organization.create({ data: { id: orgId, slug: 'slow', name: 'Slow' } })
  await stores.admin.app.create({
    data: { id: appId, orgId, slug: 'slow', name: 'Slow', platform: 'android', bundleId: 'com.example.slow' },
  })
  const log = join(dataDir, 'log')
  const writer = await openDiskLogWriter({ dir: log, logger: createLogger('test', 'silent') })
  const collector = createServer(async (request, response) => {
    const sent = (await text(request)).split('\n').map((row) => JSON.parse(row) as { event_id: string })
    const requestId = String(request.headers['x-request-id'])
    const rows = sent.map(({ event_id }) => line('event', appId, event_id, { org_id: orgId, request_id: requestId }))
    await writer.append([frame('event', rows)])
    response.writeHead(202, { 'x-request-id': requestId }).end(JSON.stringify({ accepted: rows.length, rejected: [] }))
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const file = join(dataDir, 'events.ndjson')
  // The second one of e1 is the only duplicate.
  await writeFile(file, ['e1', 'e2', 'e3', 'e1'].map((event_id) => `${JSON.stringify({ event_id })}\n`).join(''))
  // The loader of this store was at work just now, and then stands still for a while.
  await stores.clickhouse.insert({
    table: 'load_progress',
    values: [{ log_id: 'before', position: '1', loaded_at: new Date().toISOString() }],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  try {
    const product = {
      ...productOf(stores, dataDir),
      collector: async () => `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    }
    const imported = importFile(product, { orgId, appId, kind: 'events', format: 'ndjson', file })
    const loader = sleep(3500).then(() =>
      openLoader({ clickhouse: stores.clickhouse } as Parameters<typeof openLoader>[0], log),
    )
    expect(await imported).toEqual({ accepted: 4, rejected: 0, duplicates: 1 })
    await (await loader).stop()
  } finally {
    collector.close()
    await writer.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}, 60_000)
