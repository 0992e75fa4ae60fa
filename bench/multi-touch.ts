import { z } from 'zod'
import { startIngestStack } from '#cli/stack/ingest-path.ts'
import { dataDrivenModels, journeys, multiTouchInput, Turns, touchModels } from '#server/modules/attribution/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { TenantQuery } from '#server/query/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { figure, median, type Row, time } from './report.ts'

const CHANNELS = 12
const RANGE = { from: '2026-10-01', to: '2026-10-31' }
const ORIGIN = { surface: 'bench' }
/** Touches lie before their purchase, so that each is in its path; the store spreads a number evenly over a range. */
const spread = (salt: number, most: number) => `cityHash64(number, ${salt}) % ${most}`

/** People per statement: one for all would take longer than a client waits. */
const PIECE = 100_000

/**
 * Devices with one purchase each and one to eight touches before it, tied to them by the advertising id or the click id; a
 * fifth as many people who were touched and are not known.
 */
async function fill(client: ClickHouseClient, orgId: string, appId: string, paths: number): Promise<void> {
  const command = (query: string) =>
    client.command({ query, query_params: { org: orgId, app: appId }, clickhouse_settings: { wait_end_of_query: 1 } })
  const tenant = '{org:String} as org_id, {app:String} as app_id'
  const bought = `fromUnixTimestamp64Milli(toUnixTimestamp64Milli(toDateTime64('2026-10-08 00:00:00', 3, 'UTC')) + toInt64(${spread(1, 1_800_000_000)}), 'UTC')`
  const people = Math.round(paths * 1.2)
  for (let first = 0; first < people; first += PIECE) {
    const numbers = `numbers(${first}, ${Math.min(PIECE, people - first)})`
    await command(
      `insert into events (org_id, app_id, event_id, event_name, event_time, received_at, environment, platform, device_id, revenue, currency)
       select ${tenant}, toString(number), 'purchase', ${bought} as at, at, 'production', 'android', concat('device-', toString(number)), ${spread(2, 100)}, 'USD' from ${numbers} where number < ${paths}`,
    )
    await command(
      `insert into keyed_installs (org_id, app_id, key, install_time, device_id, environment, removed, written_at, received_at)
       select ${tenant}, arrayJoin([concat('a:gaid-', toString(number)), concat('t:touch-', toString(number), '-0')]), toDateTime64('2026-10-01 00:00:00', 3, 'UTC') as at,
         concat('device-', toString(number)), 'production', false, at, at from ${numbers} where number < ${paths}`,
    )
    await command(
      `insert into touchpoints (org_id, app_id, touchpoint_id, touchpoint_type, touchpoint_time, received_at, media_source, campaign, advertising_id)
       select ${tenant}, concat('touch-', toString(number), '-', toString(place)), if(cityHash64(number, place) % 3 = 0, 'view', 'click'),
         ${bought} - toIntervalMillisecond(cityHash64(number, place, 3) % 604800000) as at, at,
         concat('source-', toString(cityHash64(number, place, 4) % ${CHANNELS})), 'campaign',
         if(place = 0, '', concat(if(number < ${paths}, 'GAID-', 'stranger-'), toString(number)))
       from (select number, arrayJoin(range(1 + ${spread(5, 8)})) as place from ${numbers})`,
    )
  }
}

/** Milliseconds that work took. */
async function took(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/**
 * `npm run bench -- multi-touch`: all models by place in one pass, and Markov of first order with Shapley, over paths that
 * are built from stored touches. The baseline only counts the paths and their touches.
 */
export async function benchMultiTouch(options: { runs: number; scale: number }): Promise<Row[]> {
  const paths = Math.round(1_000_000 * options.scale)
  const stack = await startIngestStack({ roles: [] })
  try {
    await fill(stack.clickhouse, stack.orgId, stack.appId, paths)
    const scope = { ...wholeOrganization(stack.orgId as OrgId), apps: [stack.appId as AppId] }
    const subject = { scope, timezone: 'UTC', currency: 'USD' }
    const input = multiTouchInput.parse({ ...RANGE, conversion: 'purchase' })
    const names = Array.from({ length: CHANNELS }, (_, at) => `source-${at}`)
    const counted = z.object({ paths: z.number(), touches: z.number() })
    const baseline = (withNulls: boolean) => async () => {
      const query = new TenantQuery(scope)
      const from = journeys({ query, input, timezone: 'UTC', currency: 'USD' }, names, withNulls)
      const sql = `select toFloat64(count()) as paths, toFloat64(sum(length(path))) as touches from ${from}`
      const [row] = await query.rows(sql, counted, ORIGIN)
      return row ?? { paths: 0, touches: 0 }
    }
    const { touches } = await baseline(false)()
    const taken = { place: [] as number[], counts: [] as number[], driven: [] as number[], all: [] as number[] }
    for (let run = 0; run < options.runs; run++) {
      taken.counts.push(await took(baseline(false)))
      taken.place.push(
        await took(async () => {
          const { totals } = await touchModels(subject, input, ORIGIN)
          if (totals.conversions !== paths) throw new Error(`${totals.conversions} conversions of ${paths}`)
        }),
      )
      taken.all.push(await took(baseline(true)))
      taken.driven.push(
        await took(async () => {
          // Turns of its own: those of the process would remember the run before.
          const { rows, missing } = await dataDrivenModels(subject, input, ORIGIN, new Turns())
          const sum = rows.reduce((total, { credits }) => total + (credits.markov?.conversions ?? 0), 0)
          if (missing.length > 0 || Math.abs(sum / paths - 1) > 1e-9) throw new Error(`${sum} conversions of ${paths}`)
        }),
      )
    }
    const name = `paths=${paths} channels=${CHANNELS}`
    return [
      figure(name, 'touches', touches, 'touches'),
      time(`${name} models=by_place`, 'p50_ms', median(taken.place), 'ms', median(taken.counts)),
      time(
        `${name} models=markov_1,markov_with_nulls_1,shapley`,
        'p50_ms',
        median(taken.driven),
        'ms',
        median(taken.all),
      ),
    ]
  } finally {
    await stack.stop()
  }
}
