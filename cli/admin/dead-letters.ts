import { createSecretKey } from '#server/modules/keys/index.ts'
import { env } from '#server/platform/env.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { openClickHouse } from '#server/stores/index.ts'
import { post } from './import.ts'
import type { Product } from './product.ts'

interface App {
  orgId: OrgId
  appId: AppId
}
interface DeadLetter {
  rejected_id: string
  kind: 'event' | 'touchpoint'
  received_at: string
  code: string
  field: string
  message: string
  raw: string
}

async function read({ orgId, appId }: App, limit: number, code?: string): Promise<DeadLetter[]> {
  const { CLICKHOUSE_URL = '', CLICKHOUSE_DATABASE } = env()
  const client = openClickHouse(CLICKHOUSE_URL, CLICKHOUSE_DATABASE, 'unmogrowp-admin')
  try {
    const result = await client.query({
      query: `select rejected_id, kind, received_at, code, field, message, raw from rejected_events
        where org_id = {org:String} and app_id = {app:String} and ({code:String} = '' or code = {code:String})
        order by received_at desc, rejected_id limit {limit:UInt32}`,
      query_params: { org: orgId, app: appId, code: code ?? '', limit },
      format: 'JSONEachRow',
    })
    return await result.json<DeadLetter>()
  } finally {
    await client.close()
  }
}

/** The newest dead letters of an app, with reason, field and the text that was sent. */
export async function listDeadLetters(app: App, limit: number): Promise<{ deadLetters: DeadLetter[] }> {
  return { deadLetters: await read(app, limit) }
}

/**
 * Sends dead letters once more, oldest first: after a rule or a setting changed, some are accepted now. What is accepted
 * keeps its event id, so replaying twice counts once.
 */
export async function replayDeadLetters(
  product: Product,
  app: App,
  code?: string,
): Promise<{ replayed: number; accepted: number; rejected: number }> {
  const letters = (await read(app, 1_000_000, code)).reverse()
  const collector = await product.collector()
  const { keyId, secretKey } = await createSecretKey(
    app.orgId,
    { name: 'Replay of dead letters', scopes: ['events:write', 'touchpoints:write'] },
    product.admin,
  )
  const sum = { replayed: letters.length, accepted: 0, rejected: 0 }
  try {
    for (const kind of ['touchpoint', 'event'] as const) {
      const lines = letters.filter((letter) => letter.kind === kind).map(({ raw }) => raw.replaceAll('\n', ' '))
      for (let first = 0; first < lines.length; first += 1000) {
        const body = lines.slice(first, first + 1000).join('\n')
        const answer = await post(`${collector}/v1/${kind}s`, body, {
          authorization: `Bearer ${secretKey}`,
          'x-app-id': app.appId,
        })
        sum.accepted += answer.accepted
        sum.rejected += answer.rejected.length
      }
    }
  } finally {
    await product.admin.secretKey.update({ where: { id: keyId }, data: { revokedAt: new Date() } })
  }
  return sum
}
