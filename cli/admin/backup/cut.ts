import { z } from 'zod'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { waitUntilLoaded } from '../loaded.ts'
import { type Product, say, WAITING } from '../product.ts'
import { rows, type Table } from './clickhouse.ts'

/**
 * Where a backup cuts through ClickHouse, which has no snapshot over tables. What the loader had loaded and the attributor
 * had decided at one moment is in; what came after is out, also where it reached a table before the table was read.
 */
export interface Cut {
  /** The last position loaded, by log. */
  loaded: Map<string, bigint>
  /** When the latest decision was made, in Unix milliseconds. */
  lastDecision: number
  /** The rows of the tables that say how far each role had come, read at the cut: name to tab-separated lines. */
  progress: Map<string, string>
}

/**
 * Takes the cut. The order carries it: the attributor's progress first, so that every decision it stands for is among
 * those made until the latest decision; that before the loader's progress, so that no decision stands on rows past the cut.
 */
export async function takeCut(client: ClickHouseClient, tables: readonly Table[]): Promise<Cut> {
  const attributor = await progress(client, tables, 'attributor_progress')
  const [decision] = await rows(
    client,
    z.object({ last: z.coerce.number() }),
    'select toUnixTimestamp64Milli(max(decided_at)) as last from decisions',
  )
  const loader = await progress(client, tables, 'load_progress')
  return {
    loaded: new Map(loader.lines.map((line) => [line.get('log_id') ?? '', BigInt(line.get('position') ?? '')])),
    lastDecision: decision?.last ?? 0,
    progress: new Map([
      ['attributor_progress', attributor.text],
      ['load_progress', loader.text],
    ]),
  }
}

async function progress(
  client: ClickHouseClient,
  tables: readonly Table[],
  name: string,
): Promise<{ text: string; lines: Map<string, string>[] }> {
  const columns = tables.find((table) => table.name === name)?.columns
  if (!columns) throw new Error(`There is no table ${name}. Migrate ClickHouse first: npm run admin -- migrate`)
  const query = `select ${columns.join(', ')} from ${name} final`
  const text = await (await client.query({ query, format: 'TabSeparated' })).text()
  const lines = text.split('\n').filter((line) => line !== '')
  return { text, lines: lines.map((line) => new Map(line.split('\t').map((cell, at) => [columns[at] ?? '', cell]))) }
}

/**
 * Waits until everything that was acknowledged before now is loaded, so that a backup needs no part of the event log.
 * Starts a loader where the command runs alone. A DATA_DIR without a log has nothing to wait for.
 * @throws Error when the loader does not move on
 */
export async function waitForLoader(product: Product, client: ClickHouseClient, dataDir: string): Promise<void> {
  await waitUntilLoaded(client, dataDir, async () => {
    say(WAITING)
    if (product.kind === 'embedded') await product.loader()
  })
}
