import type { Tools } from '../decide-app.ts'
import type { Stretch, Tenant } from '../reads.ts'
import { inTurns } from '../store.ts'
import { decideReturns } from './decide.ts'
import { type Returnee, readClickedBack, readRetargetingApps, readReturning } from './reads.ts'

export type { ActiveDay } from './pauses.ts'
export { nameOf, readDays, recordActivity } from './reads.ts'

/** Devices whose returns are decided together: bounds what a stretch in which very many come back holds in memory. */
const DEVICES_AT_ONCE = 1_000

/**
 * Apps that have retargeting touchpoints, kept in memory: in all others a device comes back by a click only where the app
 * says so, and its other events need no look.
 */
export class RetargetingApps {
  private readonly apps = new Map<string, Tenant>()
  private complete = false

  /** The apps, after the stretch's own touchpoints are taken in. */
  async upTo(tools: Pick<Tools, 'clickhouse'>, stretch: Stretch, touchpoints: number): Promise<Tenant[]> {
    if (!this.complete || touchpoints > 0) {
      const found = await readRetargetingApps(tools.clickhouse, this.complete ? stretch : undefined)
      for (const tenant of found) this.apps.set(JSON.stringify([tenant.orgId, tenant.appId]), tenant)
      this.complete = true
    }
    return [...this.apps.values()]
  }
}

/**
 * Decides the returns that a stretch of a log brings about or changes. Running it again over the same stretch writes nothing
 * new. The stretch's activity is recorded before.
 * @param touchpoints how many the stretch holds
 * @param apps those with retargeting, the stretch's own touchpoints taken in
 * @returns re-engagements written, those that take an earlier one back included
 */
export async function followReturns(
  tools: Tools,
  stretch: Stretch,
  touchpoints: number,
  apps: readonly Tenant[],
): Promise<number> {
  const found = [
    ...(await readReturning(tools.clickhouse, stretch, apps)),
    ...(touchpoints > 0 ? await readClickedBack(tools.clickhouse, stretch) : []),
  ]
  const byApp = Map.groupBy(found, ({ tenant }) => JSON.stringify([tenant.orgId, tenant.appId]))
  const written = await inTurns([...byApp.values()].flatMap(slicesOf), async (returnees) => {
    const [first] = returnees
    return first ? decideReturns(tools, first.tenant, returnees) : 0
  })
  return written.reduce((sum, one) => sum + one, 0)
}

/** Cuts an app's returnees so that everything about a device stays together. */
function slicesOf(returnees: readonly Returnee[]): Returnee[][] {
  const devices = [...Map.groupBy(returnees, ({ deviceId }) => deviceId).values()]
  const slices: Returnee[][] = []
  for (let at = 0; at < devices.length; at += DEVICES_AT_ONCE)
    slices.push(devices.slice(at, at + DEVICES_AT_ONCE).flat())
  return slices
}
