import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDiskLogWriter } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { type Fixture, openFixture, openLoader } from './testing/fixture.ts'

const logger = createLogger('test', 'silent')
let fixture: Fixture
beforeAll(async () => {
  fixture = await openFixture()
})
afterAll(() => fixture?.remove())

it('a loader reports how far its log is every few seconds, also while nothing arrives', {
  timeout: 60_000,
}, async () => {
  const dir = join(fixture.dir, 'quiet')
  const writer = await openDiskLogWriter({ dir, logger })
  const { stop } = await openLoader(fixture, dir)
  const reported = async () => {
    const result = await fixture.clickhouse.query({
      query: 'select log_id, lag_ms, toString(max(reported_at)) as at from loader_status group by log_id, lag_ms',
      format: 'JSONEachRow',
    })
    return (await result.json()) as { log_id: string; lag_ms: number | string; at: string }[]
  }
  try {
    await expect.poll(async () => (await reported()).length, { timeout: 30_000 }).toBe(1)
    const [first] = await reported()
    expect([first?.log_id, Number(first?.lag_ms)]).toEqual([writer.logId, 0])
    await expect.poll(async () => (await reported())[0]?.at !== first?.at, { timeout: 15_000 }).toBe(true)
  } finally {
    await Promise.all([stop(), writer.close()])
  }
})
