import { z } from 'zod'
import {
  type DecisionRow,
  engineInstall,
  importedDecisionRow,
  storedInstallSchema,
} from '#server/modules/attribution/index.ts'
import { env } from '#server/platform/env.ts'
import { type ClickHouseClient, openClickHouse } from '#server/stores/index.ts'
import { installKeys } from '#workers/attributor/keys.ts'
import { append, rowsByKeys } from '#workers/attributor/store.ts'
import type { Imported } from './import.ts'
import { say } from './product.ts'

const BATCH_ROWS = 1000

interface Tenant {
  orgId: string
  appId: string
}

/**
 * Imports attribution decisions that another installation exported. A decision keeps its id, so that importing a file
 * again changes nothing; a version of a device that is already decided differently here is refused, never replaced. So
 * import decisions before the app's events and touchpoints: the attributor then goes on from them and writes only what
 * says something new. Settings versions are not part of the file.
 * @param records rows of the `decisions` export as JSON text
 */
export async function importDecisions(tenant: Tenant, records: AsyncIterable<string>): Promise<Imported> {
  const { CLICKHOUSE_URL = '', CLICKHOUSE_DATABASE } = env()
  const client = openClickHouse(CLICKHOUSE_URL, CLICKHOUSE_DATABASE, 'unmogrowp-admin')
  const done: Imported = { accepted: 0, rejected: 0, duplicates: 0 }
  const refuse = (place: number, message: string) => {
    done.rejected += 1
    if (done.rejected <= 20) say(`row ${place}: ${message}`)
  }
  let batch: Placed[] = []
  let place = 0
  try {
    for await (const text of records) {
      place += 1
      const row = read(tenant, text)
      if (typeof row === 'string') refuse(place, row)
      else batch.push({ place, row })
      if (batch.length < BATCH_ROWS) continue
      await write(client, tenant, batch, done, refuse)
      say(`${place} rows read`)
      batch = []
    }
    await write(client, tenant, batch, done, refuse)
  } finally {
    await client.close()
  }
  return done
}

interface Placed {
  /** From 1, in the file. */
  place: number
  row: DecisionRow
}

/** A row, or why it is none. */
function read(tenant: Tenant, text: string): DecisionRow | string {
  try {
    return importedDecisionRow(tenant, JSON.parse(text))
  } catch (error) {
    if (!(error instanceof z.ZodError)) return 'The line is not JSON.'
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
  }
}

const knownSchema = z.array(z.object({ device_id: z.string(), version: z.number(), decision_id: z.string() }))
const nameOf = (row: { device_id: string; version: number }) => JSON.stringify([row.device_id, row.version])

async function write(
  client: ClickHouseClient,
  tenant: Tenant,
  batch: readonly Placed[],
  done: Imported,
  refuse: (place: number, message: string) => void,
): Promise<void> {
  const devices = [...new Set(batch.map(({ row }) => row.device_id))]
  const query = `select device_id, version, decision_id from decisions final
    where org_id = {org:String} and app_id = {app:String} and device_id in {keys:Array(String)}`
  const found = knownSchema.parse(await rowsByKeys(client, query, devices, { org: tenant.orgId, app: tenant.appId }))
  const known = new Map(found.map((row) => [nameOf(row), row.decision_id]))
  const fresh: DecisionRow[] = []
  for (const { place, row } of batch) {
    const here = known.get(nameOf(row))
    if (here === undefined) {
      known.set(nameOf(row), row.decision_id)
      fresh.push(row)
      done.accepted += 1
    } else if (here === row.decision_id) {
      done.accepted += 1
      done.duplicates += 1
    } else {
      refuse(
        place,
        `decision_id: version ${row.version} of device ${row.device_id} was already decided as ${here}. Import decisions before events.`,
      )
    }
  }
  // Keys first, as the attributor writes them: a late touchpoint finds an install only through its keys.
  await append(client, 'install_keys', fresh.flatMap(keyRows))
  await append(client, 'decisions', fresh)
}

function keyRows(row: DecisionRow): object[] {
  const { org_id, app_id, device_id, install_time, environment, decided_at } = row
  const install = engineInstall(storedInstallSchema.parse(JSON.parse(row.install)))
  return installKeys(install).map((key) => ({
    org_id,
    app_id,
    key,
    device_id,
    install_time,
    environment,
    removed: false,
    written_at: decided_at,
  }))
}
