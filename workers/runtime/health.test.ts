import { Counter, Registry } from 'prom-client'
import { afterEach, describe, expect, it } from 'vitest'
import { type HealthServer, startHealthServer } from './health.ts'
import type { ReadinessCheck } from './types.ts'

let server: HealthServer | undefined
afterEach(() => server?.close())

async function serve(checks: Record<string, ReadinessCheck>, stopping = false) {
  const registry = new Registry()
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3)
  const entries = new Map(Object.entries(checks))
  server = await startHealthServer({ host: '127.0.0.1', port: 0, registry, checks: entries, stopping: () => stopping })
  const base = `http://127.0.0.1:${server.port}`
  return (path: string) => fetch(`${base}${path}`)
}

describe('the health server', () => {
  it('says 200 while the process is up, whatever it depends on', async () => {
    const get = await serve({ store: () => Promise.reject(new Error('away')) })
    expect((await get('/healthz')).status).toBe(200)
  })

  it('says 200 when every dependency answers, and 503 with what is wrong otherwise', async () => {
    const good = await serve({ store: () => undefined })
    expect((await good('/readyz')).status).toBe(200)
    await server?.close()
    const bad = await serve({ store: () => undefined, log: () => Promise.reject(new Error('the disk is full')) })
    const response = await bad('/readyz')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ ready: false, checks: { store: 'ok', log: 'the disk is full' } })
  })

  it('says 503 while stopping, so that nothing new is sent here', async () => {
    const get = await serve({}, true)
    expect((await get('/readyz')).status).toBe(503)
  })

  it('shows metrics as Prometheus reads them, and 404 elsewhere', async () => {
    const get = await serve({})
    const metrics = await get('/metrics')
    expect(metrics.headers.get('content-type')).toContain('text/plain')
    expect(await metrics.text()).toContain('things_total 3')
    expect((await get('/')).status).toBe(404)
  })
})
