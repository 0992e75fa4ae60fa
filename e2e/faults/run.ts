import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { startIngestStack } from '#cli/stack/ingest-path.ts'
import { startBroker } from '#e2e/fixtures/kafka.ts'
import { type FaultContext, planFaults } from './faults.ts'
import { type Gate, openGate } from './gate.ts'
import { quarantined } from './log-damage.ts'
import { randomFrom } from './random.ts'
import { isInvalid, startTraffic } from './traffic.ts'
import { settled, type Verdict, verify } from './verify.ts'

const MB = 1024 * 1024
const MOST_ATTEMPTS = 20

/** How a run goes. */
export interface FaultRun {
  seed: number
  faults: number
  events: number
  log: 'disk' | 'kafka'
  /** Names of kinds that are left out. */
  without?: readonly string[]
  /** How long ClickHouse is gone once, in milliseconds. */
  longestOutageMs: number
  say?: (text: string) => void
}

/** What a run found. */
export interface FaultReport extends Verdict {
  faults: number
  /** How often each kind of fault happened. */
  kinds: Record<string, number>
  /** Requests that had to be sent again, by status or `no answer`. */
  refusals: Record<string, number>
  /** Damaged stretches of the log that were put aside. */
  quarantined: number
}

/**
 * Sends events through the real collector, log, loader and ClickHouse, each in its own process, while faults happen, and
 * then compares what is queryable with what was acknowledged.
 * @throws Error when a request was answered wrongly, or nothing was acknowledged for minutes
 */
export async function runFaults(options: FaultRun): Promise<FaultReport> {
  const { seed, faults, events, log, say = () => undefined } = options
  const random = randomFrom(seed)
  const run = `run${seed}`
  const { bavail, bsize } = statfsSync(tmpdir())
  // High enough that the ballast of a full disk is small, low enough that nobody else's files cross it.
  const minFreeMb = Math.max(256, Math.floor((bavail * bsize) / MB) - 4_096)
  const clockFile = join(tmpdir(), `unmogrowp-clock-${process.pid}-${seed}`)
  let gate: Gate | undefined
  const broker = log === 'kafka' ? await startBroker() : undefined
  const stack = await startIngestStack({
    roles: ['collector', 'loader', 'attributor'],
    nodeArgs: ['--import', pathToFileURL(join(import.meta.dirname, 'clock.mjs')).href],
    env: {
      CLOCK_OFFSET_FILE: clockFile,
      EVENT_LOG_MIN_FREE_MB: String(minFreeMb),
      ...(broker ? { EVENT_LOG: 'kafka', KAFKA_BROKERS: broker.address } : {}),
    },
    roleEnv: async (role, { clickhouseUrl }): Promise<Record<string, string>> => {
      if (role !== 'loader') return {}
      gate ??= await openGate(clickhouseUrl)
      return { CLICKHOUSE_URL: gate.url }
    },
  })
  try {
    if (!gate) throw new Error('The loader was started without its gate.')
    await stack.startAnother('loader', 'loader2')
    const traffic = startTraffic(stack, run, seed)
    const context: FaultContext = {
      stack,
      traffic,
      gate,
      random,
      run,
      clockFile,
      minFreeBytes: minFreeMb * MB,
      longestOutageMs: options.longestOutageMs,
      ...(broker && {
        restartBroker: async (goneMs: number) => {
          await broker.kill()
          await sleep(goneMs)
          await broker.restart()
        },
      }),
    }
    const kinds: Record<string, number> = {}
    const plan = planFaults(faults, log, random, options.without)
    for (const [index, fault] of plan.entries()) {
      traffic.release(Math.floor((events * (index + 1)) / plan.length) - Math.floor((events * index) / plan.length))
      await sleep(random.between(20, 500))
      say(`${index + 1}/${plan.length} ${fault.name} (${traffic.sent} sent)`)
      for (let attempt = 1; !(await fault.happen(context)); attempt += 1) {
        if (attempt === MOST_ATTEMPTS) throw new Error(`${fault.name} found nothing to break ${attempt} times`)
        await sleep(random.between(200, 800))
      }
      kinds[fault.name] = (kinds[fault.name] ?? 0) + 1
    }
    await traffic.drained()
    await traffic.stop()
    const invalid = Array.from({ length: events }, (_, event) => event).filter(isInvalid).length
    await settled(stack, events - invalid)
    const verdict = await verify(stack, run, events)
    return {
      faults: plan.length,
      ...verdict,
      kinds,
      refusals: Object.fromEntries(traffic.refusals),
      quarantined: quarantined(join(stack.dir, 'log')),
    }
  } finally {
    await stack.stop()
    await gate?.close()
    await broker?.stop()
  }
}
