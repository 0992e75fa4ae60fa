import {
  ask,
  claimedTouchpoint,
  endTurn,
  type HeldClaim,
  judgeAnswer,
  nextTry,
  type Outcome,
  questionBody,
  signedHeaders,
} from '#server/modules/networks/index.ts'
import { systemClock } from '#server/platform/clock.ts'
import type { PrismaClient } from '#server/stores/index.ts'

/** A process that cannot open a network's secret leaves the question to one that can, and looks again so much later. */
const SEALED_WAIT_MS = 60_000

/** What asking needs from its process. */
export interface AskTools {
  /** Names the process in leases. */
  worker: string
  /** Whether private addresses may be asked. */
  privateAllowed: boolean
  postgres?: PrismaClient
  /** Milliseconds for an answer; a test has no five seconds. */
  answerMs?: number
  signal: AbortSignal
}

/**
 * Asks a network once and writes down what it said.
 * @returns how it ended; `touchpoint` has still to be sent
 */
export async function askOnce(held: HeldClaim, tools: AskTools): Promise<Outcome> {
  const outcome = await outcomeOf(held, tools).catch((error: unknown): Outcome => {
    // Put off with growing waits: left to its lease, it would stand first in its network's row again each time.
    const why = `It could not be asked: ${error instanceof Error ? error.message : String(error)}`.slice(0, 500)
    const now = systemClock.now()
    return { state: 'again', error: why, at: nextTry(held.tries, now), asked: true }
  })
  return endTurn(held, tools.worker, outcome, systemClock.now(), tools.postgres)
}

async function outcomeOf(held: HeldClaim, tools: AskTools): Promise<Outcome> {
  const began = systemClock.now()
  if (!held.secrets) {
    const error = 'The network’s secret cannot be opened: the jobs role needs the same AUTH_SECRET as the web.'
    return { state: 'again', error, at: began + SEALED_WAIT_MS, asked: false }
  }
  const body = questionBody(held.app, held.install)
  // A device id may have any letters, a header may not.
  const key = encodeURIComponent(`${held.networkId}:${held.deviceId}`)
  const reply = await ask(held.claimUrl, body, signedHeaders(body, held.secrets, began, key), tools)
  const now = systemClock.now()
  if (tools.signal.aborted) return { state: 'again', error: 'The process stopped.', at: now, asked: false }
  switch (reply.kind) {
    case 'again':
      return { state: 'again', error: reply.error, at: nextTry(held.tries, now, reply.retryAfterMs), asked: true }
    case 'refused':
      return { state: 'failed', error: reply.error }
    case 'answered': {
      const { appId, deviceId, clickWindowMs, viewWindowMs } = held
      const installTime = Date.parse(held.install.install_time)
      const judged = judgeAnswer(reply.body, { appId, deviceId, installTime, clickWindowMs, viewWindowMs }, now)
      if (judged.state === 'claimed') {
        const network = { id: held.networkId, mediaSource: held.mediaSource }
        const touchpoint = claimedTouchpoint(network, { deviceId, platform: held.install.platform }, judged.claim)
        return { state: 'touchpoint', claim: judged.claim, touchpoint }
      }
      return judged.state === 'failed' ? { state: 'failed', error: judged.error, answer: judged.claim } : judged
    }
  }
}
