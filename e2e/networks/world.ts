import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { eventRow, insertRows } from '#e2e/fixtures/rows.ts'
import type { TestStores } from '#e2e/fixtures/stores.ts'
import type { TestTenant } from '#e2e/fixtures/tenant.ts'
import { createLogger } from '#server/platform/logger.ts'
import { type ClaimTools, workOnClaims } from '#workers/jobs/claims/index.ts'

/** Loads install events in the loader's place. One log; each call is one frame. */
export class InstallLog {
  readonly logId: string
  #stores: TestStores
  #position = 0n

  constructor(stores: TestStores, logId: string) {
    this.#stores = stores
    this.logId = logId
  }

  /** Makes installs visible: rows by device id, received now unless they say otherwise. */
  async load(tenant: TestTenant, installs: Record<string, Record<string, string>>): Promise<void> {
    this.#position += 1000n
    const now = new Date().toISOString()
    const rows = Object.entries(installs).map(([deviceId, more]) =>
      eventRow({
        ...{ org_id: tenant.orgId, app_id: tenant.appId, event_id: `install-${deviceId}`, device_id: deviceId },
        ...{ event_name: 'install', event_time: now, received_at: now, advertising_id: `gaid-${deviceId}` },
        ...{ log_id: this.logId, log_position: String(this.#position) },
        ...more,
      }),
    )
    await insertRows(this.#stores.clickhouse, 'events', rows)
    const progress = { log_id: this.logId, position: String(this.#position), loaded_at: now }
    await insertRows(this.#stores.clickhouse, 'load_progress', [progress])
  }
}

/** Runs the claims part of the jobs role in this process. @returns stops it */
export function runClaims(stores: TestStores, collector: string, more: Partial<ClaimTools> = {}): () => Promise<void> {
  return workOnClaims({
    env: { COLLECTOR_URL: collector, OUTBOUND_PRIVATE_ADDRESSES: true },
    logger: createLogger('claims', 'silent'),
    registry: new Registry(),
    clickhouse: stores.clickhouse,
    ...more,
  })
}

/** Waits for something, for at most 20 seconds. @returns it */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
): Promise<T> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`)
    await sleep(50)
  }
}
