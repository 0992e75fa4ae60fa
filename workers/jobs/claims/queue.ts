import { endTurn, nextTry, type Outcome } from '#server/modules/networks/index.ts'
import { systemClock } from '#server/platform/clock.ts'
import { type ClaimTarget, type Deliverable, deliverClaims } from './deliver.ts'

/** Claims that are sent with one request. */
const MOST_AT_ONCE = 500

/** Sends claims that were answered, app by app, several of one app together. */
export interface DeliveryQueue {
  /** Resolves once the claim was sent and that was written down, or once it was put off. */
  send(claim: Deliverable): Promise<Outcome>
}

interface Waiting {
  claim: Deliverable
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/**
 * Opens a queue; while one request of an app is under way, what comes meanwhile waits and goes with the next.
 * @param worker names the process in leases
 */
export function openDeliveryQueue(worker: string, target: ClaimTarget): DeliveryQueue {
  const waiting = new Map<string, Waiting[]>()
  const write = ({ claim, resolve, reject }: Waiting, outcome: Outcome) =>
    endTurn(claim.held, worker, outcome, systemClock.now(), target.postgres).then(resolve, reject)
  const drain = async (key: string, list: Waiting[]) => {
    while (list.length > 0) {
      const batch = list.splice(0, MOST_AT_ONCE)
      const outcomes = await outcomesOf(batch)
      await Promise.all(
        batch.map((one, place) => write(one, outcomes[place] ?? putOff('The collector did not speak of it.'))),
      )
    }
    waiting.delete(key)
  }
  const outcomesOf = async (batch: readonly Waiting[]): Promise<Outcome[]> => {
    const [first] = batch
    if (!first) return []
    const claims = batch.map(({ claim }) => claim)
    try {
      return await deliverClaims(first.claim.held, claims, target)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return batch.map(() => putOff(why))
    }
  }
  return {
    send: (claim) =>
      new Promise((resolve, reject) => {
        const key = JSON.stringify([claim.held.orgId, claim.held.appId])
        const list = waiting.get(key)
        if (list) {
          list.push({ claim, resolve, reject })
          return
        }
        const begun = [{ claim, resolve, reject }]
        waiting.set(key, begun)
        void drain(key, begun)
      }),
  }
}

function putOff(why: string): Outcome {
  const error = `It is claimed, but the claim could not be handed over: ${why}`.slice(0, 500)
  return { state: 'again', error, at: nextTry(0, systemClock.now()), asked: false }
}
