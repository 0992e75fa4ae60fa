import { setTimeout as sleep } from 'node:timers/promises'
import type { IngestStack } from '#cli/stack/ingest-path.ts'

/** An event row, as far as the tests of the compatible endpoints look. */
export interface DoorRow {
  event_id: string
  event_name: string
  event_time: string
  device_id: string
  customer_user_id: string
  platform: string
  ip: string
  country: string
  user_agent: string
  sdk_version: string
  locale: string
  click_id: string
  advertising_id: string
  environment: string
  /** Decimal text; null without revenue. */
  revenue: string | null
  currency: string
  properties: string
}

/**
 * Waits until so many events that a condition picks are queryable, and a little longer: a double would come after the last.
 * @param where SQL over the columns of `events`, written by the test
 * @throws Error when they have not come after a minute
 */
export async function rowsOf(stack: IngestStack, where: string, count: number): Promise<DoorRow[]> {
  const read = async () => {
    const result = await stack.clickhouse.query({
      query: `select event_id, event_name, toString(event_time) as event_time, device_id, customer_user_id, platform,
          toString(ip) as ip, country, user_agent, sdk_version, locale, click_id, advertising_id, environment,
          toString(revenue) as revenue, currency, properties
        from events where app_id = {app:String} and (${where}) order by events.event_time, event_id`,
      query_params: { app: stack.appId },
      format: 'JSONEachRow',
    })
    return result.json<DoorRow>()
  }
  const deadline = Date.now() + 60_000
  for (;;) {
    const rows = await read()
    if (rows.length >= count) break
    if (Date.now() > deadline) throw new Error(`${rows.length} of ${count} events arrived: ${JSON.stringify(rows)}`)
    await sleep(200)
  }
  await sleep(1500)
  return read()
}
