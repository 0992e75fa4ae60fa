/** Installs that went from one place to another, or stayed: what a replay's rows are grouped to. */
export interface Movement {
  fromSource: string
  fromCampaign: string
  toSource: string
  toCampaign: string
  /** Reinstalls included: the settings decide which install is one. */
  installs: number
  /** Those among them that were reinstalls before, and those that are in the replay. */
  reinstallsBefore: number
  reinstallsAfter: number
  /** Of these devices, in the reporting currency; amounts without a rate are left out. */
  revenue: number
}

/** One side of a comparison. */
export interface Figures {
  installs: number
  revenue: number
}

/** A media source, or a campaign of one, before and after. */
export interface ComparedRow {
  mediaSource: string
  /** null: all campaigns of the source. */
  campaign: string | null
  before: Figures
  after: Figures
  /** After less before. */
  difference: Figures
  /** Installs that came from elsewhere and that went elsewhere. */
  won: number
  lost: number
}

/** What moves from one media source to another; `from` equal to `to`: what stays. */
export interface Flow {
  from: string
  to: string
  installs: number
  revenue: number
}

/** A replay beside what happened. */
export interface Comparison {
  installs: number
  revenue: number
  reinstallsBefore: number
  reinstallsAfter: number
  /** Installs that go to another media source. */
  moved: number
  /** Installs that stay with their media source under another campaign. */
  movedCampaign: number
  /** Share of installs that keep media source and campaign, from 0 to 1; null without installs. */
  unchangedShare: number | null
  /** Revenue that goes to another media source. */
  movedRevenue: number
  /** By installs, largest first. */
  sources: ComparedRow[]
  campaigns: ComparedRow[]
  flows: Flow[]
}

/**
 * Compares a replay with what happened. Every sum is over the same installs, so before and after have the same total.
 * @param movements groups, each of its own four places
 */
export function compare(movements: readonly Movement[]): Comparison {
  const sources = new Map<string, ComparedRow>()
  const campaigns = new Map<string, ComparedRow>()
  const flows = new Map<string, Flow>()
  const total = { installs: 0, revenue: 0, reinstallsBefore: 0, reinstallsAfter: 0 }
  let moved = 0
  let movedCampaign = 0
  let movedRevenue = 0
  for (const one of movements) {
    const { fromSource, fromCampaign, toSource, toCampaign, installs, revenue } = one
    total.installs += installs
    total.revenue += revenue
    total.reinstallsBefore += one.reinstallsBefore
    total.reinstallsAfter += one.reinstallsAfter
    if (fromSource !== toSource) {
      moved += installs
      movedRevenue += revenue
    } else if (fromCampaign !== toCampaign) movedCampaign += installs
    add(rowOf(sources, fromSource, null), rowOf(sources, toSource, null), one)
    add(rowOf(campaigns, fromSource, fromCampaign), rowOf(campaigns, toSource, toCampaign), one)
    const key = JSON.stringify([fromSource, toSource])
    const flow = flows.get(key) ?? { from: fromSource, to: toSource, installs: 0, revenue: 0 }
    flow.installs += installs
    flow.revenue += revenue
    flows.set(key, flow)
  }
  return {
    ...total,
    moved,
    movedCampaign,
    movedRevenue,
    unchangedShare: total.installs === 0 ? null : (total.installs - moved - movedCampaign) / total.installs,
    sources: largestFirst(sources),
    campaigns: largestFirst(campaigns),
    flows: [...flows.values()].sort((a, b) => b.installs - a.installs || byText(a.from, b.from) || byText(a.to, b.to)),
  }
}

function rowOf(rows: Map<string, ComparedRow>, mediaSource: string, campaign: string | null): ComparedRow {
  const key = JSON.stringify([mediaSource, campaign])
  const known = rows.get(key)
  if (known) return known
  const none = () => ({ installs: 0, revenue: 0 })
  const row = { mediaSource, campaign, before: none(), after: none(), difference: none(), won: 0, lost: 0 }
  rows.set(key, row)
  return row
}

function add(from: ComparedRow, to: ComparedRow, { installs, revenue }: Figures): void {
  from.before.installs += installs
  from.before.revenue += revenue
  to.after.installs += installs
  to.after.revenue += revenue
  if (from === to) return
  from.lost += installs
  to.won += installs
  from.difference.installs -= installs
  from.difference.revenue -= revenue
  to.difference.installs += installs
  to.difference.revenue += revenue
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

function largestFirst(rows: ReadonlyMap<string, ComparedRow>): ComparedRow[] {
  const size = (row: ComparedRow) => Math.max(row.before.installs, row.after.installs)
  return [...rows.values()].sort(
    (a, b) => size(b) - size(a) || byText(a.mediaSource, b.mediaSource) || byText(a.campaign ?? '', b.campaign ?? ''),
  )
}
