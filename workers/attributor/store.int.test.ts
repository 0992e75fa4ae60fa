import { expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { numberList, rowsByKeys } from './store.ts'

const stores = useStores()

it('keys of any content reach a query as they are, one that is empty among them', async () => {
  const keys = ['', 'a,b', `it's`, '\\', 'nul\0', '"', 'é😀', '{org:String}', '%27', ' ']
  const found = await rowsByKeys(stores.clickhouse, (list) => `select arrayJoin(${list}) as key`, keys, {})
  expect(found).toEqual(keys.map((key) => ({ key })))
  expect(await rowsByKeys(stores.clickhouse, (list) => `select arrayJoin(${list}) as key`, [''], {})).toEqual([
    { key: '' },
  ])
})

it('more keys than one query carries are asked for in several, each once; none are no query', async () => {
  const keys = Array.from({ length: 30_000 }, (_, n) => `a:${String(n).padStart(36, '0')}`)
  const pieces: number[] = []
  const query = (list: string, piece: readonly string[]) => {
    pieces.push(piece.length)
    const numbers = numberList(piece.map((_, at) => at - 1))
    return `select one.1 as key, toString(one.2) as at from (select arrayJoin(arrayZip(${list}, ${numbers})) as one)`
  }
  const found = await rowsByKeys(stores.clickhouse, query, keys, {})
  expect(pieces.length).toBeGreaterThan(1)
  expect(found).toHaveLength(keys.length)
  expect(found[0]).toMatchObject({ key: keys[0], at: '-1' })
  expect(found.at(-1)).toMatchObject({ key: keys.at(-1) })
  expect(await rowsByKeys(stores.clickhouse, () => 'select this is no query', [], {})).toEqual([])
})
