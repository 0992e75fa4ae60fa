import { startIngestStack } from '#cli/stack/ingest-path.ts'
import { claimReplay, createReplay, DEFAULT_SETTINGS, settingsFields } from '#server/modules/attribution/index.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import { closeStores, postgres } from '#server/stores/index.ts'
import { decideInstall } from '#workers/jobs/replays/decide-slice.ts'
import { runReplay } from '#workers/jobs/replays/run.ts'
import { readSlice, type SliceData } from '#workers/jobs/replays/slice-data.ts'
import { readKeyKinds } from '#workers/jobs/replays/slice-touchpoints.ts'
import { takeSnapshot } from '#workers/jobs/replays/snapshot.ts'
import { cpuSeconds } from './processes.ts'
import { FROM, fillReplayData, TO, TOUCHPOINTS } from './replay-data.ts'
import { figure, median, type Row, rate, time } from './report.ts'

const DAY = 86_400_000
/** The bound we promise for a million installs, in seconds. */
const PROMISED_SECONDS = 180

/**
 * `npm run bench -- replay [--scale S]`: a what-if over a million installs (times the scale) with five touchpoints each and
 * ten devices behind an address, from the click to the result. The baseline is the bare engine over installs of the same
 * store that are in memory already.
 */
export async function benchReplay(options: { scale: number; runs: number }): Promise<Row[]> {
  const installs = Math.round(1_000_000 * options.scale)
  const stack = await startIngestStack({ roles: [] })
  try {
    const app = { orgId: stack.orgId as OrgId, appId: stack.appId as AppId }
    console.error(`filling a scratch store with ${installs} installs and ${installs * TOUCHPOINTS} touchpoints`)
    await fillReplayData(stack.clickhouse, app, installs)
    const settings = settingsFields.parse({
      ...DEFAULT_SETTINGS,
      priorities: ['recency', 'touchpoint_type', 'match_type'],
    })
    await createReplay(app, 'UTC', { name: 'bench', from: FROM, to: TO, settings }, 'bench' as UserId)
    const held = await claimReplay('bench')
    if (!held) throw new Error('The replay that was made cannot be claimed.')
    const given = { worker: 'bench', postgres: postgres(), clickhouse: stack.clickhouse, now: () => Date.now() }

    const bare = await bareEngine(stack.clickhouse, held, options.runs)
    let peak = 0
    const watching = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 200)
    const storeCpu = () => cpuSeconds(stack.pids().clickhouse ?? 0)
    const [began, cpu, store] = [performance.now(), process.cpuUsage(), storeCpu()]
    const summary = await runReplay(held, given)
    const seconds = (performance.now() - began) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const stored = storeCpu()
    clearInterval(watching)
    const expected = Math.ceil(installs / 3)
    if (summary.moved !== expected) throw new Error(`${summary.moved} installs moved where ${expected} should have.`)
    const name = `installs=${installs} touchpoints=${installs * TOUCHPOINTS}`
    return [
      rate(name, 'installs_per_second', installs / seconds, 'installs/s', bare),
      time(name, 'wall_per_million', (seconds * 1_000_000) / installs, 's', PROMISED_SECONDS),
      figure(name, 'worker_cpu_per_million', (user + system) / installs, 's'),
      ...(store === null || stored === null
        ? []
        : [figure(name, 'store_cpu_per_million', ((stored - store) * 1_000_000) / installs, 's')]),
      figure(name, 'worker_peak_rss', peak / 2 ** 20, 'MiB'),
    ]
  } finally {
    await closeStores()
    await stack.stop()
  }
}

/** Installs a second of the engine and the candidate selection alone, over one slice in memory. */
async function bareEngine(
  clickhouse: Parameters<typeof takeSnapshot>[0],
  held: Parameters<typeof takeSnapshot>[1],
  runs: number,
): Promise<number> {
  const copy = { ...held, ...(await takeSnapshot(clickhouse, held, Date.now())) }
  const middle = Date.parse(FROM) + 15 * DAY
  const slice = { from: middle, to: middle + DAY / 2, part: 0, parts: 1 }
  const kinds = await readKeyKinds(clickhouse, copy, copy.settings.probabilisticEnabled)
  const data: SliceData = await readSlice(clickhouse, copy, kinds, slice, new AbortController().signal)
  const rates: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const began = performance.now()
    for (const one of data.installs) decideInstall(one, data, held.settings)
    rates.push(data.installs.length / ((performance.now() - began) / 1000))
  }
  return median(rates)
}
