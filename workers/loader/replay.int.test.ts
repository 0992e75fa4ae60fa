import type { ClickHouseClient } from '@clickhouse/client'
import { expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { loadedPosition, replayFrom } from './replay.ts'

const stores = useStores()

/** The client, with merges at the worst moment: just before rows are deleted from a table. */
const mergingBefore = (client: ClickHouseClient, tables: readonly string[]): ClickHouseClient =>
  new Proxy(client, {
    get(target, name) {
      if (name !== 'command') {
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      }
      return async (params: Parameters<ClickHouseClient['command']>[0]) => {
        const table = tables.find((each) => params.query.startsWith(`alter table ${each} delete`))
        if (table !== undefined) await target.command({ query: `optimize table ${table} final` })
        return target.command(params)
      }
    },
  })

it('sets a log back to the moment although its progress is merged meanwhile', async () => {
  const { clickhouse } = stores
  for (const [table, time] of [
    ['load_progress', 'loaded_at'],
    ['attributor_progress', 'decided_at'],
  ] as const) {
    for (const position of ['70', '90']) {
      await clickhouse.insert({
        table,
        values: [{ log_id: 'log', position, [time]: '2026-01-01 00:00:00' }],
        format: 'JSONEachRow',
      })
    }
  }
  const tables = ['load_progress', 'attributor_progress']
  expect(await replayFrom(mergingBefore(clickhouse, tables), 'log', 80n)).toBe(true)
  expect(await loadedPosition(clickhouse, 'log')).toBe(79n)
  const result = await clickhouse.query({
    query: `select toString(max(position)) as position from attributor_progress where log_id = 'log'`,
    format: 'JSONEachRow',
  })
  expect(await result.json()).toEqual([{ position: '79' }])
})
