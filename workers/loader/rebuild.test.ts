import { PassThrough } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { describe, expect, it } from 'vitest'
import { rememberLoaded } from './rebuild.ts'
import { SeenIds } from './seen.ts'

/** A store that has ids of two days and sends one of them, then nothing more. */
function stalledStore(stream: PassThrough): ClickHouseClient {
  const client = {
    query: async () => ({ json: async () => [{ rows: 2, newest: 20_500, today: 20_501 }] }),
    exec: async () => ({ stream }),
  }
  return client as unknown as ClickHouseClient
}

describe('remembering what is loaded', () => {
  it('ends when the log is given up, although the store sends nothing more', async () => {
    const stream = new PassThrough()
    stream.write(Buffer.alloc(17, 1))
    const seen = new SeenIds({ filterBytes: 16 * 1024 * 1024, exactIds: 100, windowDays: 8 })
    const abort = new AbortController()
    const reading = rememberLoaded(stalledStore(stream), seen, { all: true }, 8, abort.signal)
    await expect.poll(() => seen.filterIds).toBe(1)
    abort.abort(new Error('given up'))
    await expect(reading).rejects.toThrow()
    expect(stream.destroyed).toBe(true)
    expect(seen.newestDay).toBe(20_500)
  })
})
