import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { openDiskLogReader } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { type Product, say } from '../product.ts'
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

/** How long a loader may stand still before a backup gives up waiting for it, in milliseconds. */
const PATIENCE_MS = 60_000

/**
 * Waits until everything that was acknowledged before now is loaded, so that a backup needs no part of the event log.
 * Starts a loader where the command runs alone. A DATA_DIR without a log has nothing to wait for.
 * @throws Error when the loader does not move on
 */
export async function waitForLoader(product: Product, client: ClickHouseClient, dataDir: string): Promise<void> {
  const dir = join(dataDir, 'log')
  if (!existsSync(dir)) return
  const began = Date.now()
  const reader = await openDiskLogReader({ dir, logger: createLogger('backup', 'silent') })
  let last = -1n
  let moved = began
  try {
    for (let round = 0; ; round++) {
      const [found] = await rows(
        client,
        z.object({ position: z.string() }),
        'select toString(max(position)) as position from load_progress where log_id = {logId:String}',
        { logId: reader.logId },
      )
      const position = BigInt(found?.position ?? 0)
      const [waiting] = await reader.read(position === 0n ? 0n : position + 1n, 1)
      if (!waiting || waiting.appendedAt > began) return
      if (round === 0) {
        say('Waiting until the loader has loaded what was accepted …')
        if (product.kind === 'embedded') await product.loader()
      }
      if (position > last) [last, moved] = [position, Date.now()]
      if (Date.now() - moved > PATIENCE_MS) {
        throw new Error(
          `${await reader.bytesAfter(position)} bytes of the log in ${dir} are not loaded and no loader takes them. Start one with: npm run worker -- --roles loader. If this log belongs to another installation, set DATA_DIR to the folder of this one.`,
        )
      }
      await sleep(200)
    }
  } finally {
    await reader.close()
  }
}
