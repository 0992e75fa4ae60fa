import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { diffToSchema } from '#prisma/migrate.ts'
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
  it('holds exactly what prisma/schema says after all migrations', async () => {
    expect((await diffToSchema(stores.adminUrl, 'database')).trim()).toMatch(/^(-- This is an empty migration\.)?$/)
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

  it('begins the sort key of every tenant table with organization and app', async () => {
    const result = await stores.clickhouse.query({
      query: `select name, sorting_key from system.tables where database = {db:String} and name in (select table from system.columns where database = {db:String} and name = 'app_id')`,
      query_params: { db: stores.clickhouseDatabase },
      format: 'JSONEachRow',
    })
    const tables = await result.json<{ name: string; sorting_key: string }>()
    expect(tables.map((table) => table.name).sort()).toEqual([
      'costs',
      'decisions',
      'events',
      'rejected_events',
      'touchpoints',
    ])
    for (const table of tables) expect(table.sorting_key, table.name).toMatch(/^org_id, app_id/)
  })
})
