import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { useStores } from '#e2e/fixtures/stores.ts'
import { readMigrations } from '../migrations.ts'
import { localName, PLACEMENT } from './placement.ts'

const stores = useStores()
const rowsSchema = z.array(z.object({ line: z.string() }))

async function lines(query: string, params: Record<string, unknown> = {}): Promise<string[]> {
  const result = await stores.clickhouse.query({ query, query_params: params, format: 'JSONEachRow' })
  return rowsSchema.parse(await result.json()).map(({ line }) => line)
}

/** One server's form of a statement whose replication and Keeper the embedded engine does not have. */
const alone = (statement: string) =>
  statement
    .replace(/ on cluster '\w+'/, '')
    .replace(/engine = Replicated(\w+)\('[^']*', '[^']*'(?:, )?/, 'engine = $1(')
    .replace(
      /\breplicated_deduplication_window = (\d+), replicated_\w+ = \d+/,
      'non_replicated_deduplication_window = $1',
    )

describe('what a cluster is given', () => {
  it('is understood by the engine, statement by statement', async () => {
    const migrations = await readMigrations({ name: 'main', database: stores.clickhouseDatabase })
    const statements = migrations.flatMap((migration) => migration.statements)
    for (const statement of statements) {
      const [line] = await lines('select formatQuerySingleLine({statement:String}) as line', { statement })
      expect(line, statement).toMatch(/^(CREATE|ALTER) .* ON CLUSTER main |^INSERT INTO /)
    }
  })

  it('makes tables of rows with the columns and keys of one server’s', async () => {
    const database = `${stores.clickhouseDatabase}_cluster`
    await stores.clickhouse.command({ query: `create database ${database}` })
    try {
      for (const { statements } of await readMigrations({ name: 'main', database })) {
        for (const statement of statements) {
          // There are no shards here for a Distributed table to stand in front of, nor rows to bring over.
          if (/^insert into/.test(statement) || statement.includes('Distributed(')) continue
          const [, altered = ''] = /^alter table (\w+)/.exec(statement) ?? []
          if (altered in PLACEMENT && localName(altered) !== altered) continue
          await stores.clickhouse.command({
            query: alone(statement)
              .replace(/^(create (?:table|materialized view) if not exists|alter table) /, `$1 ${database}.`)
              .replace(/ to (\w+_local) as/, ` to ${database}.$1 as`)
              .replace(/\bfrom (\w+_local)\b/, `from ${database}.$1`),
          })
        }
      }
      const shape = (name: string) =>
        lines(
          `select concat(replaceOne(table, '_local', ''), ' ', name, ' ', type, ' ', default_expression, ' ', compression_codec,
             ' ', toString(is_in_sorting_key), toString(is_in_partition_key)) as line
           from system.columns where database = {name:String} and table not in ('schema_migrations', 'events_15m_view', 'touchpoint_keys_view') order by line`,
          { name },
        )
      expect(await shape(database)).toEqual(await shape(stores.clickhouseDatabase))
      expect((await shape(database)).length).toBeGreaterThan(150)
    } finally {
      await stores.clickhouse.command({ query: `drop database ${database}` })
    }
  })
})
