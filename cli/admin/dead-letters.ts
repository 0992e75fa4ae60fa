import { createSecretKey } from '#server/modules/keys/index.ts'
import { env } from '#server/platform/env.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { openClickHouse } from '#server/stores/index.ts'
import { post } from '#workers/jobs/imports/post.ts'
import { fromDeadLetter } from './exported-rows.ts'
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

/** How many letters are read at a time, and how many characters of them are sent at a time. */
const PAGE = 1000
const BATCH_LENGTH = 2 ** 20

async function read<T>({ orgId, appId }: App, query: string, params: Record<string, unknown>): Promise<T[]> {
  const { CLICKHOUSE_URL = '', CLICKHOUSE_DATABASE } = env()
  const client = openClickHouse(CLICKHOUSE_URL, CLICKHOUSE_DATABASE, 'unmogrowp-admin')
  try {
    const query_params = { org: orgId, app: appId, ...params }
    return await (await client.query({ query, query_params, format: 'JSONEachRow' })).json<T>()
  } finally {
    await client.close()
  }
}

/** The newest dead letters of an app, with reason, field and the text that was sent. */
export async function listDeadLetters(app: App, limit: number): Promise<{ deadLetters: DeadLetter[] }> {
  const query = `select rejected_id, kind, received_at, code, field, message, raw from rejected_events
    where org_id = {org:String} and app_id = {app:String}
    order by received_at desc, rejected_id limit {limit:UInt32}`
  return { deadLetters: await read(app, query, { limit }) }
}

/** Pages of the letters that arrived until a moment (Unix milliseconds), oldest first. */
async function* pages(
  app: App,
  kind: DeadLetter['kind'],
  code: string,
  until: number,
): AsyncGenerator<{ id: string; received: number; code: string; raw: string }[]> {
  const query = `select rejected_id as id, toUnixTimestamp64Milli(received_at) as received, code, raw from rejected_events
    where org_id = {org:String} and app_id = {app:String} and kind = {kind:String}
      and ({code:String} = '' or code = {code:String}) and received_at <= fromUnixTimestamp64Milli({until:Int64})
      and (received_at, rejected_id) > (fromUnixTimestamp64Milli({received:Int64}), {id:String})
    order by rejected_events.received_at, rejected_id limit {page:UInt32}`
  for (let after = { received: 0, id: '' }; ; ) {
    const params = { kind, code, until, ...after, page: PAGE }
    const found = await read<{ id: string; received: number | string; code: string; raw: string }>(app, query, params)
    const page = found.map((letter) => ({ ...letter, received: Number(letter.received) }))
    const last = page.at(-1)
    if (!last) return
    yield page
    after = { received: last.received, id: last.id }
  }
}

/**
 * Sends the dead letters there are once more, touchpoints first and each kind oldest first: after a rule or a setting
 * changed, some are accepted now. Each keeps its id, or gets one that follows from its content and arrival, so that
 * replaying twice counts once. What is refused again becomes a dead letter of today.
 */
export async function replayDeadLetters(
  product: Product,
  app: App,
  code = '',
): Promise<{ replayed: number; accepted: number; rejected: number }> {
  const sum = { replayed: 0, accepted: 0, rejected: 0 }
  const newest = `select toUnixTimestamp64Milli(max(received_at)) as until from rejected_events
    where org_id = {org:String} and app_id = {app:String}`
  const until = Number((await read<{ until: number | string }>(app, newest, {}))[0]?.until ?? 0)
  const collector = await product.collector()
  const { keyId, secretKey } = await createSecretKey(
    app.orgId,
    { name: 'Replay of dead letters', scopes: ['events:write', 'touchpoints:write'] },
    product.admin,
  )
  const send = async (kind: DeadLetter['kind'], lines: string[]) => {
    if (lines.length === 0) return
    const answer = await post(`${collector}/v1/${kind}s`, lines.join('\n'), {
      authorization: `Bearer ${secretKey}`,
      'x-app-id': app.appId,
    })
    sum.replayed += lines.length
    sum.accepted += answer.accepted
    sum.rejected += answer.rejected.length
  }
  try {
    for (const kind of ['touchpoint', 'event'] as const) {
      for await (const page of pages(app, kind, code, until)) {
        let lines: string[] = []
        let length = 0
        for (const letter of page) {
          const line = fromDeadLetter({ kind, code: letter.code, receivedAt: letter.received, raw: letter.raw })
          if (length + line.length > BATCH_LENGTH) {
            await send(kind, lines)
            lines = []
            length = 0
          }
          lines.push(line)
          length += line.length
        }
        await send(kind, lines)
      }
    }
  } finally {
    await product.admin.secretKey.update({ where: { id: keyId }, data: { revokedAt: new Date() } })
  }
  return sum
}
