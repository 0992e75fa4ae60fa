import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { IngestStack } from '#cli/stack/ingest-path.ts'
import { retry } from '#workers/runtime/index.ts'
import type { Gate } from './gate.ts'
import { flipBit, quarantined, tearTail, unloadedEventFrames } from './log-damage.ts'
import type { Random } from './random.ts'
import type { Traffic } from './traffic.ts'

const MB = 1024 * 1024

/** What a fault may touch. */
export interface FaultContext {
  stack: IngestStack
  traffic: Traffic
  gate: Gate
  random: Random
  /** Prefix of the event ids. */
  run: string
  /** File with the offset of the roles' clocks, in milliseconds. */
  clockFile: string
  /** Free bytes below which the collector refuses. */
  minFreeBytes: number
  /** How long a ClickHouse outage lasts at most, in milliseconds. */
  longestOutageMs: number
  /** Kills and restarts the Kafka broker; absent with the disk log. */
  restartBroker?: (goneMs: number) => Promise<void>
}

/** One kind of fault: what happens, and how often in relation to the others. */
export interface Fault {
  name: string
  weight: number
  /** @returns whether anything did happen: a fault that found nothing to break is tried again and not counted */
  happen(context: FaultContext): Promise<boolean>
}

const logDir = ({ stack }: FaultContext) => join(stack.dir, 'log')

/** @returns whether there was a process to signal */
function kill({ stack }: FaultContext, role: string, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  const pid = stack.pids()[role]
  if (pid === undefined) return false
  try {
    return process.kill(pid, signal)
  } catch {
    // Dead already: another fault's doing.
    return false
  }
}

const killing = (weight: number, ...roles: string[]): Fault => ({
  name: `kill ${roles.join(', ')}`,
  weight,
  async happen(context) {
    const killed = roles.map((role) => kill(context, role))
    await sleep(context.random.between(0, 900))
    return killed.every(Boolean)
  },
})

const gated = (name: string, weight: number, mode: Gate['mode'], from: number, to: number): Fault => ({
  name,
  weight,
  async happen({ gate, random }) {
    gate.mode = mode
    await sleep(random.between(from, to))
    gate.mode = 'open'
    return true
  },
})

const progressSchema = z.array(z.object({ position: z.string().regex(/^\d+$/) }))

/** The engine may be dead by an earlier fault: it is asked until it answers. */
async function loadedTo({ stack }: FaultContext): Promise<bigint> {
  const query = () =>
    stack.clickhouse
      .query({ query: 'select toString(max(position)) as position from load_progress', format: 'JSONEachRow' })
      .then((result) => result.json())
  const rows = await retry(query, { signal: AbortSignal.timeout(60_000), maxMs: 500 })
  const [row] = progressSchema.parse(rows)
  return BigInt(row?.position ?? 0) + 1n
}

/**
 * A bit of an acknowledged frame turns over on the disk before it is loaded: the frame must be put aside and reported,
 * not loaded. Its client still holds the events and sends them again, which must not count as repeated.
 */
const bitFlip: Fault = {
  name: 'bit flip',
  weight: 6,
  async happen(context) {
    const { gate, random, traffic, run } = context
    gate.mode = 'refuse'
    kill(context, 'loader')
    kill(context, 'loader2')
    if (traffic.sent > 1_000) traffic.again(0, 1_000)
    await sleep(random.between(300, 900))
    const frames = unloadedEventFrames(logDir(context), await loadedTo(context))
    const frame = frames.length > 0 ? random.pick(frames) : undefined
    const before = quarantined(logDir(context))
    if (frame) flipBit(frame.file, frame.payloadAt + random.between(0, frame.payloadBytes - 1), random.between(0, 7))
    // The collector that opens the log again may find the damage first, in what looks like a torn tail.
    if (frame && random.chance(0.3)) kill(context, 'collector')
    gate.mode = 'open'
    if (!frame) return false
    const deadline = Date.now() + 60_000
    while (quarantined(logDir(context)) === before) {
      if (Date.now() > deadline) throw new Error('a damaged frame was not put aside within a minute')
      // A request of the killed loader that was still under way may have loaded the frame before it was damaged.
      const loaded = await loadedTo(context)
      if (loaded > frame.position && quarantined(logDir(context)) === before) return false
      // At the very end of the log damage looks like a write under way, until something follows it.
      traffic.again(0, Math.min(100, traffic.sent))
      await sleep(250)
    }
    const events = frame.eventIds.map((id) => Number(id.slice(run.length + 1)))
    traffic.again(Math.min(...events), Math.max(...events) + 1)
    return true
  },
}

const tornTail: Fault = {
  name: 'torn tail',
  weight: 10,
  async happen(context) {
    if (!kill(context, 'collector')) return false
    // The kill is only through when the process is gone; the supervisor starts it again after 300 ms.
    await sleep(60)
    tearTail(logDir(context), context.random.between(1, 4_000))
    await sleep(context.random.between(0, 500))
    return true
  },
}

/** Fills the disk down to what the collector keeps free, by one file that is taken away again. */
const diskFull: Fault = {
  name: 'disk full',
  weight: 6,
  async happen(context) {
    const { stack, random, traffic, minFreeBytes } = context
    const refused = () => traffic.refusals.get('503') ?? 0
    const before = refused()
    const ballast = join(stack.dir, 'ballast')
    const { bavail, bsize } = statfsSync(stack.dir)
    const bytes = bavail * bsize - minFreeBytes + 64 * MB
    if (bytes <= 0 || traffic.sent < 1_000) return false
    try {
      allocate(ballast, bytes)
      // The free space is looked at once a second; somebody must be sending when it is.
      await sleep(1_000)
      traffic.again(0, random.between(500, 1_000))
      await sleep(random.between(500, 2_000))
    } finally {
      rmSync(ballast, { force: true })
    }
    return refused() > before
  },
}

/** Takes space on the disk, at once where the system can. */
function allocate(file: string, bytes: number): void {
  try {
    execFileSync('fallocate', ['-l', String(bytes), file])
  } catch {
    const fd = openSync(file, 'w')
    const block = Buffer.alloc(4 * MB, 1)
    for (let written = 0; written < bytes; written += block.length) writeSync(fd, block)
    closeSync(fd)
  }
}

const clockJump: Fault = {
  name: 'clock jump',
  weight: 8,
  async happen({ clockFile, random }) {
    const hours = random.between(-18, 18)
    writeFileSync(clockFile, String(hours * 3_600_000))
    await sleep(random.between(300, 1_200))
    if (random.chance(0.7)) writeFileSync(clockFile, '0')
    return true
  },
}

const pause: Fault = {
  name: 'pause',
  weight: 8,
  async happen(context) {
    const role = context.random.pick(['collector', 'loader', 'loader2', 'clickhouse'])
    const paused = kill(context, role, 'SIGSTOP')
    await sleep(context.random.between(300, 2_500))
    kill(context, role, 'SIGCONT')
    return paused
  },
}

/** The client's own misbehaviour on top of what the traffic does all the time: a large stretch is sent once more. */
const repeatStretch: Fault = {
  name: 'whole and overlapping batches again',
  weight: 12,
  async happen({ traffic, random }) {
    if (traffic.sent < 1_000) return false
    const from = random.between(0, traffic.sent - 900)
    traffic.again(from, from + random.between(100, 800))
    await sleep(random.between(50, 400))
    return true
  },
}

const outage: Fault = {
  name: 'ClickHouse gone for long',
  weight: 1,
  async happen({ gate, longestOutageMs }) {
    gate.mode = 'refuse'
    await sleep(longestOutageMs)
    gate.mode = 'open'
    return true
  },
}

const brokerGone: Fault = {
  name: 'broker gone',
  weight: 6,
  async happen({ restartBroker, random }) {
    await restartBroker?.(random.between(500, 4_000))
    return restartBroker !== undefined
  },
}

const EVERYWHERE: readonly Fault[] = [
  killing(16, 'collector'),
  killing(16, 'loader'),
  killing(8, 'loader2'),
  killing(12, 'clickhouse'),
  killing(4, 'attributor'),
  killing(6, 'collector', 'loader'),
  killing(6, 'loader', 'clickhouse'),
  killing(4, 'collector', 'loader', 'loader2', 'clickhouse'),
  gated('ClickHouse refuses', 8, 'refuse', 300, 3_000),
  gated('ClickHouse slow', 6, 'slow', 1_000, 4_000),
  gated('ClickHouse loses answers', 6, 'lose answers', 300, 2_000),
  clockJump,
  pause,
  repeatStretch,
]
const DISK: readonly Fault[] = [...EVERYWHERE, bitFlip, tornTail, diskFull]
const KAFKA: readonly Fault[] = [...EVERYWHERE, brokerGone]

/**
 * A sequence of faults: each kind at least once where there is room, then by weight; the long outage once, in the middle.
 */
export function planFaults(
  count: number,
  log: 'disk' | 'kafka',
  random: Random,
  without: readonly string[] = [],
): Fault[] {
  const kinds = (log === 'disk' ? DISK : KAFKA).filter(({ name }) => !without.includes(name))
  const total = kinds.reduce((sum, { weight }) => sum + weight, 0)
  const byWeight = () => {
    let place = random.next() * total
    for (const kind of kinds) {
      place -= kind.weight
      if (place < 0) return kind
    }
    return random.pick(kinds)
  }
  const shuffled = [...kinds].sort(() => random.next() - 0.5)
  const plan = Array.from({ length: count }, (_, index) => shuffled[index] ?? byWeight())
  plan.sort(() => random.next() - 0.5)
  plan[Math.floor(count / 2)] = outage
  return plan
}
