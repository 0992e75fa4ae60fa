import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { setEnv } from '#server/platform/env.ts'
import { closeStores } from '#server/stores/index.ts'
import { metricsText, readiness } from './index.ts'

const stores = useStores()

describe('readiness', () => {
  it('says which store cannot be reached', async () => {
    expect(await readiness()).toEqual({ ready: true, checks: { postgres: 'ok', clickhouse: 'ok' } })
    await closeStores()
    setEnv({
      NODE_ENV: 'test',
      DATABASE_URL: stores.databaseUrl,
      CLICKHOUSE_URL: 'http://127.0.0.1:1',
      LOG_LEVEL: 'silent',
    })
    expect(await readiness()).toEqual({ ready: false, checks: { postgres: 'ok', clickhouse: 'unreachable' } })
    const { body, contentType } = await metricsText()
    expect(contentType).toContain('text/plain')
    expect(body).toContain('process_cpu_seconds_total')
  })
})
