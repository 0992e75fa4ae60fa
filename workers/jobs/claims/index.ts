import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, type Registry } from 'prom-client'
import { endOldClaims, type HeldClaim, type Outcome, takeClaims } from '#server/modules/networks/index.ts'
import { systemClock } from '#server/platform/clock.ts'
import type { Env } from '#server/platform/env.ts'
import type { Logger } from '#server/platform/logger.ts'
import { type ClickHouseClient, clickhouse, type PrismaClient } from '#server/stores/index.ts'
import { followInstalls } from './follow.ts'
import { type DeliveryQueue, openDeliveryQueue } from './queue.ts'
import { type AskTools, askOnce } from './turn.ts'

/** Questions of all networks that one process has under way. */
const MOST_UNDER_WAY = 128
/** Of them those to one host, which many apps may ask: one that does not answer leaves the others three quarters. */
const MOST_PER_HOST = MOST_UNDER_WAY / 4
/** Waits while nothing is new or due, in milliseconds, and after a failure of ours. */
const IDLE_MS = 500
const FAILED_MS = 3_000
const TIDY_EVERY_MS = 5 * 60_000

/** What asking networks needs. Addresses and stores are the process's own where they are absent. */
export interface ClaimTools {
  env: Pick<Env, 'COLLECTOR_URL' | 'OUTBOUND_PRIVATE_ADDRESSES'>
  logger: Logger
  registry: Registry
  clickhouse?: ClickHouseClient
  postgres?: PrismaClient
  /** Milliseconds for an answer; a test has no five seconds. */
  answerMs?: number
}

/**
 * Asks self-attributing networks about new installs and hands what they claim to the collector. Any number of processes may:
 * each question is held by one at a time. What a killed process held is taken again within a minute.
 * @returns stops: questions under way are given back, claims that were answered are sent first
 */
export function workOnClaims(tools: ClaimTools): () => Promise<void> {
  const { env, logger, registry, postgres: client } = tools
  const stopping = new AbortController()
  const { signal } = stopping
  const worker = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`
  const count = new Counter({
    name: 'unmogrowp_network_claims_total',
    help: 'Turns of questions to self-attributing networks, by how they ended; `again` is asked once more.',
    labelNames: ['result'],
    registers: [registry],
  })
  const asking: AskTools = {
    ...{ worker, privateAllowed: env.OUTBOUND_PRIVATE_ADDRESSES, signal },
    ...(client && { postgres: client }),
    ...(tools.answerMs !== undefined && { answerMs: tools.answerMs }),
  }
  // The signal does not stop it: what was answered is sent before the process ends.
  const queue = openDeliveryQueue(worker, { collector: env.COLLECTOR_URL, ...(client && { postgres: client }) })
  const underWay = new Set<Promise<void>>()

  const turn = async (held: HeldClaim) => {
    try {
      const outcome = await oneTurn(held, asking, queue)
      count.inc({ result: outcome.state })
      if ('error' in outcome) logger.debug({ network: held.networkId, why: outcome.error }, 'a question is not settled')
    } catch (error) {
      // The lease ends by itself, and the question is taken again.
      logger.warn({ err: error, network: held.networkId }, 'the end of a question could not be written down')
    }
  }
  const take = async (): Promise<number> => {
    const free = MOST_UNDER_WAY - underWay.size
    const taken = free > 0 ? await takeClaims(worker, { now: free, perHost: MOST_PER_HOST }, client) : []
    for (const held of taken) {
      const running = turn(held).finally(() => underWay.delete(running))
      underWay.add(running)
    }
    return taken.length
  }
  const follow = () =>
    followInstalls({
      clickhouse: tools.clickhouse ?? clickhouse(),
      ...(client && { postgres: client }),
      now: systemClock.now,
      onUnreadable: (error) => logger.error({ err: error }, 'a stored install cannot be read; no network is asked'),
    })
  const tidy = async () => {
    const ended = await endOldClaims(client)
    if (ended > 0) logger.warn({ ended }, 'questions to networks ended without an answer')
    return 0
  }
  const loops = [
    every(take, { busyMs: 20, idleMs: IDLE_MS }, 'questions to networks cannot be taken; trying again'),
    every(follow, { busyMs: 20, idleMs: IDLE_MS }, 'new installs cannot be followed for networks; trying again'),
    every(tidy, { busyMs: 0, idleMs: TIDY_EVERY_MS }, 'old questions to networks were not ended; trying again'),
  ]
  /** Runs work again and again, at once where it found something to do. */
  async function every(work: () => Promise<number>, waits: { busyMs: number; idleMs: number }, failure: string) {
    while (!signal.aborted) {
      let waitMs = FAILED_MS
      try {
        waitMs = (await work()) > 0 ? waits.busyMs : waits.idleMs
      } catch (error) {
        logger.warn({ err: error }, failure)
      }
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }
  return async () => {
    stopping.abort(new Error('The process is stopping.'))
    await Promise.all(loops)
    await Promise.all(underWay)
  }
}

/** Asks, unless the network has answered before, and sends what it claims. */
async function oneTurn(held: HeldClaim, asking: AskTools, queue: DeliveryQueue): Promise<Outcome> {
  if (held.touchpoint) return queue.send({ held, touchpoint: held.touchpoint })
  const outcome = await askOnce(held, asking)
  return outcome.state === 'touchpoint' ? queue.send({ held, touchpoint: outcome.touchpoint }) : outcome
}
