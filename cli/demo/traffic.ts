import { setTimeout as sleep } from 'node:timers/promises'
import { type EventRow, simulate, startOfDay, type TouchpointRow } from '../simulate/index.ts'
import type { DemoApp, DemoFile } from './demo-file.ts'
import { visit } from './visitor.ts'

const DAY = 86_400_000
const BATCH = 1000
/** Installs per simulated app; the history and two days of what comes after it. */
const INSTALLS: Record<DemoApp['platform'], number> = { android: 5500, ios: 3500 }
const SEEDS: Record<DemoApp['platform'], number> = { android: 11, ios: 23 }
const HISTORY_DAYS = 60
const AHEAD_DAYS = 2

/** Traffic that goes on while the demo runs. */
export interface Traffic {
  /** Resolves when everything up to now has been acknowledged by the collector. */
  loaded: Promise<void>
  stop(): Promise<void>
}

/** The simulation of one demo app: the same rows at every start, because it hangs on the day of the first one. */
export function demoSimulation(app: DemoApp, seededAt: number): ReturnType<typeof simulate> {
  return simulate({
    seed: SEEDS[app.platform],
    platform: app.platform,
    installs: Math.round((INSTALLS[app.platform] * (HISTORY_DAYS + AHEAD_DAYS)) / HISTORY_DAYS),
    days: HISTORY_DAYS + AHEAD_DAYS,
    end: startOfDay(seededAt) + AHEAD_DAYS * DAY,
    touchpointsPerInstall: 7,
    links: app.links,
  })
}

type Sent = { kind: 'touchpoint'; time: number; row: TouchpointRow } | { kind: 'event'; time: number; row: EventRow }

/** Both streams as one, in order of arrival; of two at the same time the touchpoint comes first. */
function* merged(touchpoints: Iterable<TouchpointRow>, events: Iterable<EventRow>): Generator<Sent> {
  const left = touchpoints[Symbol.iterator]()
  const right = events[Symbol.iterator]()
  let touchpoint = left.next()
  let event = right.next()
  // A late row has an older time than its neighbours: it is sent when its place in the stream comes.
  let touchpointClock = touchpoint.done ? Number.POSITIVE_INFINITY : touchpoint.value.touchpoint_time
  let eventClock = event.done ? Number.POSITIVE_INFINITY : event.value.event_time
  while (!touchpoint.done || !event.done) {
    if (!touchpoint.done && (event.done || touchpointClock <= eventClock)) {
      yield { kind: 'touchpoint', time: touchpointClock, row: touchpoint.value }
      touchpoint = left.next()
      if (!touchpoint.done) touchpointClock = Math.max(touchpointClock, touchpoint.value.touchpoint_time)
    } else if (!event.done) {
      yield { kind: 'event', time: eventClock, row: event.value }
      event = right.next()
      if (!event.done) eventClock = Math.max(eventClock, event.value.event_time)
    }
  }
}

/** Sends rows as NDJSON; waits and tries again while the collector is away or says so. */
async function send(
  collector: string,
  path: string,
  app: DemoApp,
  rows: readonly unknown[],
  signal: AbortSignal,
): Promise<void> {
  if (rows.length === 0) return
  const body = rows.map((row) => JSON.stringify(row)).join('\n')
  const headers = {
    authorization: `Bearer ${app.secretKey}`,
    'x-app-id': app.appId,
    'content-type': 'application/x-ndjson',
  }
  for (let pause = 200; ; pause = Math.min(pause * 2, 5000)) {
    signal.throwIfAborted()
    let response: Response
    let text: string
    try {
      response = await fetch(`${collector}${path}`, { method: 'POST', headers, body, signal })
      // A collector that is killed may be so in the middle of its answer.
      text = await response.text()
    } catch {
      await sleep(pause, undefined, { signal })
      continue
    }
    if (response.status === 202) return
    if (response.status !== 429 && response.status !== 503)
      throw new Error(`The collector answered ${response.status} to simulated traffic: ${text.slice(0, 500)}`)
    await sleep(Number(response.headers.get('retry-after') ?? 1) * 1000, undefined, { signal })
  }
}

async function play(
  app: DemoApp,
  options: Options,
  seededAt: number,
  from: number,
  signal: AbortSignal,
  caughtUp: () => void,
): Promise<void> {
  const { collector } = options
  const simulation = demoSimulation(app, seededAt)
  let touchpoints: TouchpointRow[] = []
  let events: EventRow[] = []
  let upTo = 0
  const flush = async () => {
    const [clicks, rest] = [touchpoints, events]
    touchpoints = []
    events = []
    await send(collector, '/v1/touchpoints', app, clicks, signal)
    await send(collector, '/v1/events', app, rest, signal)
    options.sent(app, upTo)
  }
  for (const item of merged(simulation.touchpoints, simulation.events)) {
    if (item.time < from) continue
    if (item.time > Date.now()) {
      await flush()
      caughtUp()
      await sleep(Math.min(item.time - Date.now(), 0x7fff_ffff), undefined, { signal })
    }
    upTo = item.time
    if (item.kind === 'touchpoint') touchpoints.push(item.row)
    else events.push(item.row)
    if (touchpoints.length >= BATCH || events.length >= BATCH) await flush()
  }
  await flush()
  caughtUp()
}

interface Options {
  collector: string
  sent(app: DemoApp, upTo: number): void
}

/**
 * Sends each app's simulated history through the collector, then goes on in real time: simulated events when their time
 * comes, and now and then a visitor who clicks a real tracking link and installs.
 * @param options save is called with the instant up to which everything was acknowledged
 */
export function startTraffic(
  demo: DemoFile,
  options: { collector: string; onProgress(text: string): void; save(sentUntil: number): void },
): Traffic {
  const abort = new AbortController()
  const { signal } = abort
  const seededAt = demo.seededAt ?? Date.now()
  // Event ids repeat, so what is sent twice counts once; an hour of overlap covers late rows.
  const from = (demo.sentUntil ?? 0) - 3_600_000
  const reached = new Map<string, number>()
  let saved = 0
  const sent = (app: DemoApp, upTo: number) => {
    reached.set(app.slug, upTo)
    if (reached.size < demo.apps.length || Date.now() - saved < 2000) return
    saved = Date.now()
    options.save(Math.min(...reached.values()))
  }
  const quietly = (work: Promise<void>) =>
    work.catch((error: unknown) => {
      if (!signal.aborted)
        options.onProgress(`Demo traffic stopped: ${error instanceof Error ? error.message : String(error)}`)
    })
  const caughtUp: Promise<void>[] = []
  const running = demo.apps.map((app) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    caughtUp.push(promise)
    return quietly(play(app, { collector: options.collector, sent }, seededAt, from, signal, resolve)).finally(resolve)
  })
  const loaded = Promise.all(caughtUp).then(() => {
    if (reached.size === demo.apps.length) options.save(Math.min(...reached.values()))
  })
  const visitors = quietly(
    loaded.then(async () => {
      for (let number = Math.floor(Date.now() / 1000); ; number++) {
        const app = demo.apps[number % demo.apps.length]
        if (app) await visit(options.collector, app, number, signal)
        await sleep(12_000 + (number % 7) * 2000, undefined, { signal })
      }
    }),
  )
  return {
    loaded,
    async stop() {
      abort.abort()
      await Promise.all([...running, visitors])
      if (reached.size === demo.apps.length) options.save(Math.min(...reached.values()))
    },
  }
}
