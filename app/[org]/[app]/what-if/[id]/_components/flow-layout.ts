/** What goes from one place to another. */
export interface FlowInput {
  from: string
  to: string
  value: number
}

/** A place on one side; heights and tops are in the units of the chart's height. */
export interface FlowNode {
  name: string
  value: number
  top: number
  height: number
}

/** A ribbon between two places, with its upper edge on both sides. */
export interface FlowRibbon {
  from: string
  to: string
  value: number
  fromTop: number
  toTop: number
  height: number
}

export interface FlowLayout {
  left: FlowNode[]
  right: FlowNode[]
  ribbons: FlowRibbon[]
}

/** Names what is folded together. */
export const OTHERS = 'Others'

/**
 * Folds all but the largest places into one, so that a chart stays readable; sums are kept.
 * @param most places that keep their name, by what leaves and reaches them together
 */
export function foldFlows(flows: readonly FlowInput[], most: number): FlowInput[] {
  const size = new Map<string, number>()
  for (const { from, to, value } of flows) {
    for (const name of new Set([from, to])) size.set(name, (size.get(name) ?? 0) + value)
  }
  const ordered = [...size].sort((a, b) => b[1] - a[1] || byText(a[0], b[0])).map(([name]) => name)
  // One name more than there is room for is no reason to fold it alone.
  const kept = new Set(ordered.length <= most + 1 ? ordered : ordered.slice(0, most))
  const named = (name: string) => (kept.has(name) ? name : OTHERS)
  const folded = new Map<string, FlowInput>()
  for (const { from, to, value } of flows) {
    const one = { from: named(from), to: named(to), value: 0 }
    const key = JSON.stringify([one.from, one.to])
    const known = folded.get(key) ?? one
    known.value += value
    folded.set(key, known)
  }
  return [...folded.values()]
}

/**
 * Places the two sides of a flow chart and the ribbons between them. Both sides have the same scale, largest place first;
 * ribbons leave and reach a place in the order of the other side, so that they cross as little as two columns allow.
 * @param flows values above 0; others are left out
 * @param height of the chart
 * @param gap between two places
 */
export function layoutFlows(flows: readonly FlowInput[], height: number, gap: number): FlowLayout {
  const shown = flows.filter(({ value }) => value > 0)
  const total = shown.reduce((sum, { value }) => sum + value, 0)
  if (total === 0) return { left: [], right: [], ribbons: [] }
  const places = Math.max(new Set(shown.map(({ from }) => from)).size, new Set(shown.map(({ to }) => to)).size)
  const scale = Math.max(0, height - gap * (places - 1)) / total
  const left = column(shown, 'from', scale, gap)
  const right = column(shown, 'to', scale, gap)
  const place = (nodes: readonly FlowNode[]) => new Map(nodes.map(({ name }, index) => [name, index]))
  const [leftPlace, rightPlace] = [place(left), place(right)]
  const order = (places: ReadonlyMap<string, number>, name: string) => places.get(name) ?? 0
  const sorted = shown.toSorted(
    (a, b) => order(leftPlace, a.from) - order(leftPlace, b.from) || order(rightPlace, a.to) - order(rightPlace, b.to),
  )
  const nextFrom = new Map(left.map(({ name, top }) => [name, top]))
  const nextTo = new Map(right.map(({ name, top }) => [name, top]))
  const ribbons = sorted.map(({ from, to, value }): FlowRibbon => {
    const ribbon = {
      from,
      to,
      value,
      fromTop: nextFrom.get(from) ?? 0,
      toTop: nextTo.get(to) ?? 0,
      height: value * scale,
    }
    nextFrom.set(from, ribbon.fromTop + ribbon.height)
    nextTo.set(to, ribbon.toTop + ribbon.height)
    return ribbon
  })
  return { left, right, ribbons }
}

function column(flows: readonly FlowInput[], side: 'from' | 'to', scale: number, gap: number): FlowNode[] {
  const values = new Map<string, number>()
  for (const flow of flows) values.set(flow[side], (values.get(flow[side]) ?? 0) + flow.value)
  let top = 0
  return [...values]
    .sort((a, b) => Number(a[0] === OTHERS) - Number(b[0] === OTHERS) || b[1] - a[1] || byText(a[0], b[0]))
    .map(([name, value]) => {
      const node = { name, value, top, height: value * scale }
      top += node.height + gap
      return node
    })
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** The outline of a ribbon as an SVG path, from x 0 to `width`. */
export function ribbonPath({ fromTop, toTop, height }: FlowRibbon, width: number): string {
  const middle = width / 2
  const number = (value: number) => String(Math.round(value * 100) / 100)
  const [a, b, c, d] = [fromTop, toTop, toTop + height, fromTop + height].map(number)
  const [m, w] = [number(middle), number(width)]
  return `M0,${a}C${m},${a} ${m},${b} ${w},${b}L${w},${c}C${m},${c} ${m},${d} 0,${d}Z`
}
