import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { schemaSql } from '#prisma/migrate.ts'
import { newId, type OrgId } from '#server/platform/ids.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { migrateClickHouse } from './clickhouse/migrate.ts'
import { postgres } from './index.ts'

const stores = useStores()

async function organization(slug: string): Promise<OrgId> {
  const id = newId('org') as OrgId
  await stores.admin.organization.create({ data: { id, slug, name: slug } })
  await stores.admin.app.create({
    data: {
      id: newId('app'),
      orgId: id,
      slug: 'game',
      name: 'Game',
      platform: 'android',
      bundleId: `com.${slug}.game`,
    },
  })
  return id
}

describe('Postgres', () => {
  it('holds exactly the tables, columns, keys and indexes of prisma/schema after all migrations', async () => {
    const name = new URL(stores.adminUrl).pathname.slice(1)
    await stores.admin.$executeRawUnsafe(`create schema wanted`)
    const client = new pg.Client({ connectionString: stores.adminUrl })
    await client.connect()
    await client.query(`set search_path = wanted; ${await schemaSql(stores.adminUrl)}`)
    await client.query('set search_path = public')
    const shape = async (schema: string) => {
      const columns = await client.query(
        `select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns
         where table_schema = $1 and table_name <> '_prisma_migrations' order by 1, 2`,
        [schema],
      )
      const indexes = await client.query(
        `select replace(indexdef, $1 || '.', '') as definition from pg_indexes where schemaname = $1 and tablename <> '_prisma_migrations' order by 1`,
        [schema],
      )
      const keys = await client.query(
        `select conname, replace(pg_get_constraintdef(oid), $1 || '.', '') as definition from pg_constraint
         where connamespace = $1::regnamespace and conrelid <> 0 and conrelid::regclass::text not like '%_prisma_migrations%' order by 1`,
        [schema],
      )
      return JSON.parse(JSON.stringify([columns.rows, indexes.rows, keys.rows]).replaceAll(`${schema}.`, ''))
    }
    const [now, wanted] = [await shape('public'), await shape('wanted')]
    await client.query('drop schema wanted cascade')
    await client.end()
    expect(now[0].length, name).toBeGreaterThan(50)
    expect(now).toEqual(wanted)
  })

  it('shows an organization only its own rows, and none when no organization is set', async () => {
    const [first, second] = [await organization('first'), await organization('second')]
    expect(await withOrg(first, (tx) => tx.app.findMany({ select: { orgId: true } }))).toEqual([{ orgId: first }])
    expect(await withOrg(second, (tx) => tx.organization.findMany({ select: { slug: true } }))).toEqual([
      { slug: 'second' },
    ])
    expect(await postgres().app.findMany()).toEqual([])
  })

  it('refuses to write a row of another organization', async () => {
    const [mine, other] = [await organization('mine'), await organization('other')]
    await expect(
      withOrg(mine, (tx) =>
        tx.app.create({
          data: { id: newId('app'), orgId: other, slug: 'x', name: 'x', platform: 'web', bundleId: 'x.example' },
        }),
      ),
    ).rejects.toThrow(/row-level security/)
  })

  it('forces row-level security on every table with an organization in it', async () => {
    const rows = await stores.admin.$queryRaw<{ relname: string; forced: boolean }[]>`
      select distinct c.relname, c.relforcerowsecurity and c.relrowsecurity as forced
      from pg_class c join pg_attribute a on a.attrelid = c.oid and not a.attisdropped
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and (a.attname = 'org_id' or c.relname = 'organizations')`
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.filter((row) => !row.forced)).toEqual([])
  })

  it('connects the product under a role that cannot bypass row-level security', async () => {
    const rows = await postgres().$queryRaw<{ rolsuper: boolean; rolbypassrls: boolean }[]>`
      select rolsuper, rolbypassrls from pg_roles where rolname = current_user`
    expect(rows).toEqual([{ rolsuper: false, rolbypassrls: false }])
  })
})

describe('ClickHouse', () => {
  it('is left as it is when the migrations run again', async () => {
    expect(await migrateClickHouse(stores.clickhouseUrl, stores.clickhouseDatabase)).toEqual([])
  })

  it('has no column with a default expression: the loader does not track absent fields', async () => {
    const result = await stores.clickhouse.query({
      query: `select table, name from system.columns where database = {db:String} and default_kind <> '' and table in ('events', 'touchpoints', 'rejected_events')`,
      query_params: { db: stores.clickhouseDatabase },
      format: 'JSONEachRow',
    })
    expect(await result.json()).toEqual([])
  })

  it('begins the sort key of every tenant table with organization and app', async () => {
    // A view has no rows of its own, and what was asked to be compared is the operator's.
    const result = await stores.clickhouse.query({
      query: `select name, sorting_key from system.tables where database = {db:String} and engine like '%MergeTree' and name != 'rollup_rebuilds' and name in (select table from system.columns where database = {db:String} and name = 'app_id')`,
      query_params: { db: stores.clickhouseDatabase },
      format: 'JSONEachRow',
    })
    const tables = await result.json<{ name: string; sorting_key: string }>()
    expect(tables.map((table) => table.name)).toEqual(
      expect.arrayContaining(['events', 'touchpoints', 'decisions', 'rejected_events']),
    )
    for (const table of tables) expect(table.sorting_key, table.name).toMatch(/^org_id, app_id/)
  })
})
