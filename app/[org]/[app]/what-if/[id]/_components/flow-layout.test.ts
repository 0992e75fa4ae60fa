import { expect, it } from 'vitest'
import { foldFlows, layoutFlows, OTHERS, ribbonPath } from './flow-layout.ts'

const FLOWS = [
  { from: 'google', to: 'organic', value: 30 },
  { from: 'google', to: 'meta', value: 10 },
  { from: 'meta', to: 'organic', value: 20 },
  { from: 'tiktok', to: 'google', value: 0 },
]

it('both sides have the same scale, and together with their gaps no more than the height', () => {
  const { left, right } = layoutFlows(FLOWS, 130, 10)
  expect(left.map(({ name, height }) => [name, height])).toEqual([
    ['google', 80],
    ['meta', 40],
  ])
  expect(right.map(({ name, height }) => [name, height])).toEqual([
    ['organic', 100],
    ['meta', 20],
  ])
  for (const side of [left, right]) expect((side.at(-1)?.top ?? 0) + (side.at(-1)?.height ?? 0)).toBeCloseTo(130)
})

it('ribbons fill their places on both sides without overlapping', () => {
  const { left, right, ribbons } = layoutFlows(FLOWS, 200, 8)
  for (const [nodes, side, top] of [
    [left, 'from', 'fromTop'],
    [right, 'to', 'toTop'],
  ] as const) {
    for (const node of nodes) {
      let edge = node.top
      for (const ribbon of ribbons.filter((one) => one[side] === node.name).sort((a, b) => a[top] - b[top])) {
        expect(ribbon[top]).toBeCloseTo(edge)
        edge += ribbon.height
      }
      expect(edge).toBeCloseTo(node.top + node.height)
    }
  }
})

it('what is nothing is left out, and nothing at all makes an empty chart', () => {
  expect(layoutFlows(FLOWS, 100, 4).left.map(({ name }) => name)).not.toContain('tiktok')
  expect(layoutFlows([], 100, 4)).toEqual({ left: [], right: [], ribbons: [] })
})

it('small places fold into one at the end, and no value is lost', () => {
  const many = Array.from({ length: 12 }, (_, at) => ({ from: `source ${at}`, to: 'organic', value: 12 - at }))
  const folded = foldFlows(many, 4)
  expect(folded.reduce((sum, { value }) => sum + value, 0)).toBe(78)
  expect(layoutFlows(folded, 100, 0).left.map(({ name }) => name)).toEqual(['source 0', 'source 1', 'source 2', OTHERS])
})

it('a single place more than there is room for keeps its name', () => {
  expect(foldFlows(FLOWS, 3).map(({ from }) => from)).not.toContain(OTHERS)
})

it('a ribbon begins and ends level, so that neighbours close up', () => {
  expect(ribbonPath({ from: 'a', to: 'b', value: 1, fromTop: 0, toTop: 10, height: 5 }, 100)).toBe(
    'M0,0C50,0 50,10 100,10L100,15C50,15 50,5 0,5Z',
  )
})
