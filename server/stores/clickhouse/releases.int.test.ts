import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DATABASE, readExpected, releases, schema, tableRows, unpack } from '#e2e/fixtures/releases/release-data.ts'
import { type SpawnedClickHouse, silentLogger, spawnEmbeddedClickHouse } from '#workers/embedded/clickhouse/index.ts'
import { type ClickHouseClient, openClickHouse } from './client.ts'
import { migrateClickHouse } from './migrate.ts'
import { verifyRollups } from './rollups.ts'

interface Opened {
  server: SpawnedClickHouse
  client: ClickHouseClient
  applied: string[]
  close(): Promise<void>
}
let scratch: string
let fresh: Opened

/** Starts the engine on a data directory and migrates it. */
async function open(dataDir: string): Promise<Opened> {
  const server = await spawnEmbeddedClickHouse({ dataDir, port: 0, logger: silentLogger })
  const applied = await migrateClickHouse(server.url, DATABASE)
  const client = openClickHouse(server.url, DATABASE)
  const close = async () => {
    await client.close()
    await server.close()
  }
  return { server, client, applied, close }
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-releases-'))
  fresh = await open(join(scratch, 'fresh'))
})
afterAll(async () => {
  await fresh?.close()
  await rm(scratch, { recursive: true, force: true })
})

describe('the migrations from zero', () => {
  it('make every table, and nothing more when they run again', async () => {
    expect(fresh.applied.length).toBeGreaterThan(2)
    expect(await releases()).not.toEqual([])
    expect(fresh.applied).toEqual([...fresh.applied].sort())
    expect(await migrateClickHouse(fresh.server.url, DATABASE)).toEqual([])
  })
})

describe.each(await releases())('a data directory that release %s wrote', (release) => {
  it('keeps every row and gets the same tables as a new one', async () => {
    const expected = await readExpected(release)
    await unpack(release, join(scratch, release))
    const old = await open(join(scratch, release))
    try {
      // A release's migrations stay as they were; what came after it is applied now.
      expect(fresh.applied.slice(0, expected.migrations.length)).toEqual(expected.migrations)
      expect(old.applied).toEqual(fresh.applied.slice(expected.migrations.length))
      expect(Object.keys(expected.tables)).toEqual(expect.arrayContaining(['events', 'touchpoints', 'decisions']))
      for (const [table, { columns, rows }] of Object.entries(expected.tables)) {
        expect(rows.length, table).toBeGreaterThan(0)
        expect(await tableRows(old.client, table, columns), table).toEqual(rows)
      }
      expect(await schema(old.client)).toEqual(await schema(fresh.client))
      // What was there before the rollup is counted in it.
      const everything = { since: '1970-01-01', until: '2100-01-01' }
      expect(await verifyRollups(old.client, everything, 0)).toEqual([])
      const rolled = await old.client.query({
        query: 'select toUInt32(sum(events)) as n from events_15m',
        format: 'JSONEachRow',
      })
      expect(await rolled.json()).toEqual([{ n: expected.tables.events?.rows.length }])
    } finally {
      await old.close()
    }
  })
})
