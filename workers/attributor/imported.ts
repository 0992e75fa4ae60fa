import { z } from 'zod'
import { type DecisionRow, storedInstallSchema } from '#server/modules/attribution/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { keyRows } from './installs-by-key.ts'
import { append, rowsByKeys } from './store.ts'

/** What became of an imported decision; `held`: the device's version was already decided otherwise here, under this id. */
export type Appended = { outcome: 'written' | 'known' } | { outcome: 'held'; by: string }

const knownSchema = z.array(z.object({ device_id: z.string(), version: z.number(), decision_id: z.string() }))
const nameOf = (row: { device_id: string; version: number }) => JSON.stringify([row.device_id, row.version])

/**
 * Appends decisions that were made elsewhere. A decision keeps its id, so that appending it again changes nothing; a version
 * of a device that is decided differently here stands, and is never replaced. So import decisions before the app's events
 * and touchpoints: the attributor then goes on from them and writes only what says something new.
 * @param rows of one app
 * @returns what became of each, in their order
 */
export async function appendDecisions(
  client: ClickHouseClient,
  tenant: { orgId: string; appId: string },
  rows: readonly DecisionRow[],
): Promise<Appended[]> {
  const devices = [...new Set(rows.map((row) => row.device_id))]
  const query = (list: string) => `select device_id, version, decision_id from decisions final
    where org_id = {org:String} and app_id = {app:String} and device_id in (select arrayJoin(${list}))`
  const found = knownSchema.parse(await rowsByKeys(client, query, devices, { org: tenant.orgId, app: tenant.appId }))
  const known = new Map(found.map((row) => [nameOf(row), row.decision_id]))
  const fresh: DecisionRow[] = []
  const appended = rows.map((row): Appended => {
    const here = known.get(nameOf(row))
    if (here === row.decision_id) return { outcome: 'known' }
    if (here !== undefined) return { outcome: 'held', by: here }
    known.set(nameOf(row), row.decision_id)
    fresh.push(row)
    return { outcome: 'written' }
  })
  // Keys first, as the attributor writes them: a late touchpoint finds an install only through its keys.
  await append(client, 'keyed_installs', fresh.flatMap(keyRowsOf))
  await append(client, 'decisions', fresh)
  return appended
}

function keyRowsOf(row: DecisionRow): object[] {
  const stored = storedInstallSchema.parse(JSON.parse(row.install))
  const tenant = { orgId: row.org_id as OrgId, appId: row.app_id as AppId }
  return keyRows(tenant, [{ stored, before: undefined }], Date.parse(row.decided_at))
}
