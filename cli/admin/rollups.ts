import { z } from 'zod'
import type { ClickHouseClient } from '#server/stores/clickhouse/client.ts'
import {
  type RollupDifference,
  type RollupRange,
  readRebuild,
  requestRebuild,
  runPendingRebuilds,
  verifyRollups,
} from '#server/stores/clickhouse/rollups.ts'
import { clickhouse } from '#server/stores/index.ts'
import { type Command, define, required } from './define.ts'
import { type Product, say } from './product.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/
const day = z
  .string({ error: 'is missing' })
  .refine((text) => DAY.test(text) && !Number.isNaN(Date.parse(text)), 'is no day; write it as YYYY-MM-DD')

const OPTIONS = { app: required, from: day, to: day }
const USAGE = '--app ID --from DAY --to DAY  (days of arrival in UTC, --to not included)'

/** How long a rebuild may wait for loaders to come to rest, in milliseconds. */
const PATIENCE_MS = 120_000

type FindApp = (product: Product, appId: string) => Promise<{ orgId: string; appId: string }>

async function rangeOf(
  product: Product,
  find: FindApp,
  options: { app: string; from: string; to: string },
): Promise<RollupRange> {
  if (options.from >= options.to) throw new Error('to: must be later than --from; its day is not included.')
  const { orgId, appId } = await find(product, options.app)
  return { orgId, appId, since: options.from, until: options.to }
}

/**
 * Compares an app's rollup with its events.
 * @returns what `rollups verify --json` prints; `differences` is empty where they agree
 */
export async function verify(
  client: ClickHouseClient,
  range: RollupRange,
): Promise<{ equal: boolean; differences: RollupDifference[] }> {
  const differences = await verifyRollups(client, range)
  return { equal: differences.length === 0, differences }
}

/**
 * Has an app's rollup corrected, by a loader between two batches or by this process while no loader has one under way.
 * @throws Error when the loaders did not come to rest
 */
export async function rebuild(
  client: ClickHouseClient,
  range: RollupRange,
  patienceMs = PATIENCE_MS,
): Promise<{ id: string; corrected: number }> {
  const id = await requestRebuild(client, range)
  const end = Date.now() + patienceMs
  do {
    await runPendingRebuilds(client, 1_000)
    const found = await readRebuild(client, id)
    if (found?.doneAt) return { id, corrected: found.corrected }
    say('Waiting until no loader has a batch under way …')
  } while (Date.now() < end)
  throw new Error(
    'The loaders did not come to rest. The request stays: a loader does it as soon as all of them have. If events come in without a pause, stop the loaders for a moment and run the command again; nothing is lost meanwhile.',
  )
}

/** `rollups verify` and `rollups rebuild`. @param find the app a command names, with its organization */
export function rollupCommands(find: FindApp): readonly Command[] {
  return [
    define('rollups verify', USAGE, OPTIONS, async (product, options) =>
      verify(clickhouse(), await rangeOf(product, find, options)),
    ),
    define('rollups rebuild', USAGE, OPTIONS, async (product, options) => {
      const range = await rangeOf(product, find, options)
      // A loader that was killed may have left a stretch half loaded: only a loader can finish it.
      if (product.kind === 'embedded') await product.loader()
      return rebuild(clickhouse(), range)
    }),
  ]
}
