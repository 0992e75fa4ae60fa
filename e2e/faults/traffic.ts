import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { IngestStack } from '#cli/stack/ingest-path.ts'
import { type Random, randomFrom } from './random.ts'

const BATCH = 500
/** Every so many events one is not acceptable: it must become a dead letter. */
const INVALID_EVERY = 499
const SENDERS = 4
const GIVE_UP_MS = 180_000

/** What the collector was told and has acknowledged, by number of the event. */
export interface Traffic {
  /** Lets so many more events be sent. */
  release(events: number): void
  /** Sends an acknowledged stretch once more, as a client does that still holds it. */
  again(from: number, to: number): void
  /** Resolves when everything that was released is acknowledged. */
  drained(): Promise<void>
  stop(): Promise<void>
  /** How often requests had to be sent again, by what came back. */
  readonly refusals: Map<string, number>
  readonly sent: number
}

export const isInvalid = (event: number) => event % INVALID_EVERY === 7
/** Revenue in cents; 0 for an event without. */
export const centsOf = (event: number) => (event % 5 === 0 && !isInvalid(event) ? 1 + ((event * 7919) % 10_000) : 0)
export const eventId = (run: string, event: number) => `${run}-${event}`

function lineOf(run: string, event: number, now: number): string {
  const cents = centsOf(event)
  return JSON.stringify({
    event_id: eventId(run, event),
    event_name: cents > 0 ? 'purchase' : 'level_complete',
    event_time: now - (event % 7_200_000),
    ...(isInvalid(event) ? {} : { device_id: `device-${event % 5_000}` }),
    platform: 'android',
    country: event % 2 === 0 ? 'DE' : 'US',
    ...(cents > 0 ? { revenue: cents / 100, currency: 'USD' } : {}),
    properties: { level: event % 100 },
  })
}

/**
 * Sends events 0, 1, 2, … in batches until each is acknowledged, the way real clients do: a request without an answer is
 * sent again unchanged; some acknowledged batches are sent again whole, some overlap the batch before, some lose their
 * connection on purpose before the answer.
 */
export function startTraffic(stack: IngestStack, run: string, seed: number): Traffic {
  const started = Date.now()
  const refusals = new Map<string, number>()
  const repeats: { from: number; to: number }[] = []
  let allowed = 0
  let next = 0
  let busy = 0
  let stopped = false
  let failure: Error | undefined

  const send = async (from: number, to: number, random: Random): Promise<void> => {
    const lines: string[] = []
    let invalid = 0
    for (let event = from; event < to; event += 1) {
      lines.push(lineOf(run, event, started))
      if (isInvalid(event)) invalid += 1
    }
    const text = `${lines.join('\n')}\n`
    const packed = random.chance(0.3)
    const giveUp = Date.now() + GIVE_UP_MS
    for (let attempt = 0; ; attempt += 1) {
      const hangUp = attempt === 0 && random.chance(0.04) ? random.between(1, 40) : 15_000
      const outcome = await post(stack, packed ? gzipSync(text) : text, packed, hangUp)
      if (outcome.kind === 'answer' && (outcome.status === 202 || outcome.status === 422)) {
        if (outcome.accepted !== to - from - invalid || outcome.rejected !== invalid) {
          throw new Error(
            `${outcome.accepted} accepted, ${outcome.rejected} rejected of ${to - from} (${invalid} invalid)`,
          )
        }
        return
      }
      const reason = outcome.kind === 'answer' ? String(outcome.status) : 'no answer'
      refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
      const wait = outcome.kind === 'answer' && (outcome.status === 503 || outcome.status === 429)
      if (outcome.kind === 'answer' && !wait) throw new Error(`${outcome.status}: ${outcome.text}`)
      if (wait && !outcome.retryAfter) throw new Error(`${outcome.status} without Retry-After`)
      if (Date.now() > giveUp) throw new Error(`nothing was acknowledged for ${GIVE_UP_MS / 1000} s (${reason})`)
      await sleep(random.between(20, 150))
    }
  }

  const sender = async (random: Random): Promise<void> => {
    while (!stopped && !failure) {
      const repeat = repeats.shift()
      if (!repeat && next >= allowed) {
        await sleep(10)
        continue
      }
      busy += 1
      try {
        if (repeat) {
          await send(repeat.from, repeat.to, random)
          continue
        }
        const from = next
        const to = Math.min(allowed, from + BATCH)
        next = to
        const overlap = random.chance(0.05) ? Math.min(from, random.between(1, BATCH)) : 0
        await send(from - overlap, to, random)
        if (random.chance(0.05)) repeats.push({ from, to })
      } catch (error) {
        failure ??= error instanceof Error ? error : new Error(String(error))
      } finally {
        busy -= 1
      }
    }
  }
  const senders = Array.from({ length: SENDERS }, (_, index) => sender(randomFrom(seed * 100 + index)))

  return {
    refusals,
    get sent() {
      return next
    },
    release(events) {
      allowed += events
    },
    again: (from, to) => repeats.push({ from, to }),
    async drained() {
      while (!failure && (next < allowed || repeats.length > 0 || busy > 0)) await sleep(20)
      if (failure) throw failure
    },
    async stop() {
      stopped = true
      await Promise.all(senders)
      if (failure) throw failure
    },
  }
}

type Outcome =
  | { kind: 'none' }
  | { kind: 'answer'; status: number; accepted: number; rejected: number; retryAfter: string | null; text: string }

async function post(stack: IngestStack, body: string | Buffer, packed: boolean, timeoutMs: number): Promise<Outcome> {
  try {
    const response = await fetch(`${stack.collector}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${stack.ingestKey}`,
        'content-type': 'application/x-ndjson',
        ...(packed ? { 'content-encoding': 'gzip' } : {}),
      },
      body: typeof body === 'string' ? body : new Uint8Array(body),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    const answer = response.status === 202 || response.status === 422 ? (JSON.parse(text) as AnswerBody) : undefined
    return {
      kind: 'answer',
      status: response.status,
      accepted: answer?.accepted ?? 0,
      rejected: answer?.rejected.length ?? 0,
      retryAfter: response.headers.get('retry-after'),
      text: text.slice(0, 300),
    }
  } catch {
    return { kind: 'none' }
  }
}

interface AnswerBody {
  accepted: number
  rejected: unknown[]
}
