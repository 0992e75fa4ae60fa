import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readMigrations, splitStatements } from '../migrations.ts'
import { PLACEMENT, placementOf } from './placement.ts'
import { renderForCluster } from './render.ts'

const cluster = { name: 'main', database: 'product' }
const folder = join(import.meta.dirname, '../migrations')
const files = readdirSync(folder).sort()
const written = files.map((name) => splitStatements(readFileSync(join(folder, name), 'utf8')))

describe('the migrations of one server', () => {
  it('are the files’ statements as they stand', async () => {
    const migrations = await readMigrations()
    expect(migrations.map(({ name }) => name)).toEqual(files)
    expect(migrations.map(({ statements }) => statements)).toEqual(written)
    expect(written.flat().length).toBeGreaterThan(20)
  })
})

describe('the migrations of a cluster', () => {
  it('are the same files under the same checksums', async () => {
    const checksums = (list: Awaited<ReturnType<typeof readMigrations>>) =>
      list.map(({ name, checksum }) => ({ name, checksum }))
    expect(checksums(await readMigrations(cluster))).toEqual(checksums(await readMigrations()))
  })

  it('make and change tables on every server, replicated, and leave rows to one', async () => {
    const rendered = (await readMigrations(cluster)).flatMap(({ statements }) => statements)
    for (const statement of rendered) {
      if (/^insert into/.test(statement)) continue
      expect(statement).toMatch(/^(create (table|materialized view) if not exists|alter table) \w+ on cluster 'main'/)
      expect(statement).not.toMatch(/engine = (?!Replicated|Distributed)/)
      expect(statement).not.toContain('non_replicated')
    }
    const made = rendered.flatMap((statement) => /^create table if not exists (\w+)/.exec(statement)?.[1] ?? [])
    const sharded = Object.keys(PLACEMENT).filter((table) => placementOf(table) !== 'everywhere')
    expect([...made, 'schema_migrations'].sort()).toEqual(
      [...Object.keys(PLACEMENT), ...sharded.map((table) => `${table}_local`)].sort(),
    )
  })

  it('put rows that replace each other on one shard', () => {
    for (const statement of written.flat()) {
      const [, table = '', engine = ''] =
        /^create table if not exists (\w+)[\s\S]*?\bengine = (\w+)/.exec(statement) ?? []
      const placement = engine === 'ReplacingMergeTree' ? placementOf(table) : 'everywhere'
      if (placement === 'everywhere') continue
      const key = /\border by \(?([\w, ]+)/.exec(statement)?.[1]?.split(', ') ?? []
      const [, ...used] = placement.shardBy.match(/\w+/g) ?? []
      expect(key, table).toEqual(expect.arrayContaining(used))
    }
  })

  it('keep a device’s events and decisions on one shard', () => {
    expect(placementOf('events')).toEqual(placementOf('decisions'))
  })
})

describe('a statement for a cluster', () => {
  it('makes a sharded table twice: its rows, and the name in front of them', () => {
    const statement = `create table if not exists decisions
(
  org_id String default ')',
  at DateTime64(3, 'UTC')
)
engine = ReplacingMergeTree(at)
order by (org_id, at)
settings non_replicated_deduplication_window = 7`
    expect(renderForCluster(statement, cluster)).toEqual([
      `create table if not exists decisions_local on cluster 'main'
(
  org_id String default ')',
  at DateTime64(3, 'UTC')
)
engine = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/decisions', '{replica}', at)
order by (org_id, at)
settings replicated_deduplication_window = 7, replicated_deduplication_window_seconds = 604800`,
      `create table if not exists decisions on cluster 'main' as decisions_local
engine = Distributed('main', 'product', 'decisions_local', cityHash64(app_id, device_id))`,
    ])
  })

  it('makes a table that is everywhere once, with every server as its replica', () => {
    expect(
      renderForCluster('create table if not exists costs (a Int8) engine = MergeTree order by a', cluster),
    ).toEqual([
      `create table if not exists costs on cluster 'main'
(a Int8)
engine = ReplicatedMergeTree('/clickhouse/tables/all/{database}/costs', '{shard}-{replica}') order by a`,
    ])
  })

  it('lets a view read and write on its own server', () => {
    const view = 'create materialized view if not exists v to events_15m as select count() as events from events as e'
    expect(renderForCluster(view, cluster)).toEqual([
      `create materialized view if not exists v on cluster 'main' to events_15m_local as select count() as events from events_local as e`,
    ])
  })

  it('changes columns in both tables, and everything else where the rows are', () => {
    expect(renderForCluster('alter table events add column if not exists a Int8', cluster)).toEqual([
      `alter table events_local on cluster 'main' add column if not exists a Int8`,
      `alter table events on cluster 'main' add column if not exists a Int8`,
    ])
    expect(renderForCluster('alter table events drop index if exists i', cluster)).toEqual([
      `alter table events_local on cluster 'main' drop index if exists i`,
    ])
    expect(renderForCluster('alter table costs add column a Int8', cluster)).toEqual([
      `alter table costs on cluster 'main' add column a Int8`,
    ])
  })

  it.each([
    ['a table that nobody has placed', 'create table if not exists novelty (a Int8) engine = MergeTree order by a'],
    ['another engine', 'create table if not exists costs (a Int8) engine = Memory'],
    [
      'a view of two tables',
      'create materialized view if not exists v to events_15m as select 1 from events join costs',
    ],
    [
      'a view that would write each row on every server',
      'create materialized view if not exists v to costs as select 1 from events',
    ],
    ['what no rule covers', 'rename table events to others'],
  ])('is refused for %s', (_, statement) => {
    expect(() => renderForCluster(statement, cluster)).toThrow(/no (place on|form for) a cluster/)
  })
})
