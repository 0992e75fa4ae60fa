import { withTemporaryKey } from '#server/modules/keys/index.ts'
import { AppError } from '#server/platform/errors.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import { insertTenantRows, type QueryOrigin } from '#server/query/index.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { fromDeadLetter } from './dead-letter.ts'
import { findLetter, type Letter, lettersPage } from './letters.ts'
import type { LetterSelection } from './schema.ts'
import { type CollectorAnswer, sendLines } from './send.ts'

/** Where letters are sent, and on whose behalf. */
export interface ReplayTarget {
  orgId: OrgId
  appId: AppId
  /** Narrowed to the app. */
  scope: TenantScope
  /** IANA zone of the app's days. */
  timezone: string
  /** Address of a collector. */
  collector: string
  /** Who asks; absent: the operator's command line. */
  userId?: UserId | undefined
  /** The owner's client for the command line; default the process's own. */
  client?: PrismaClient
}

/** What became of letters that were sent again. */
export interface Replayed {
  replayed: number
  accepted: number
  rejected: number
  /** Goes on from here; null: that was all. */
  next: string | null
}

/** Most letters of one call, and of one request to the collector, with the characters of the latter. */
const LETTERS_A_CALL = 5_000
const LETTERS_A_BATCH = 1_000
const BATCH_LENGTH = 2 ** 20

/**
 * Sends letters once more, after a rule, a setting or the letter itself was corrected. Each keeps its id, or gets one that
 * follows from its content and arrival, so that replaying twice counts once. What is refused again becomes a dead letter of
 * today. Every letter is marked with what became of it.
 * @returns the outcome of at most 5,000 letters; call again with `next`
 * @throws AppError `quota_exceeded`, `unavailable`; letters already sent stay marked
 */
export async function replayLetters(
  target: ReplayTarget,
  selection: LetterSelection,
  origin: QueryOrigin,
): Promise<Replayed> {
  const { letters, next } = await lettersPage(target.scope, target.timezone, selection, LETTERS_A_CALL, origin)
  const sum = { replayed: 0, accepted: 0, rejected: 0 }
  if (letters.length > 0) {
    await withSender(target, async (send) => {
      for (const batch of batches(letters)) {
        const answer = await send(batch)
        sum.replayed += batch.length
        sum.accepted += answer.accepted
        sum.rejected += answer.rejected.length
      }
    })
  }
  return { ...sum, next }
}

/** What became of one letter. */
export interface ReplayedOne {
  accepted: boolean
  /** Why it was refused again. */
  reason: { code: string; message: string; field: string } | null
}

/**
 * Sends one letter again, as it is or corrected.
 * @param raw the corrected text; absent: as it was sent
 * @throws AppError `not_found`, `quota_exceeded`, `unavailable`
 */
export async function replayLetter(
  target: ReplayTarget,
  id: string,
  raw: string | undefined,
  origin: QueryOrigin,
): Promise<ReplayedOne> {
  const letter = await findLetter(target.scope, id, origin)
  if (!letter) throw new AppError('not_found', 'This app has no such rejected event.', { field: 'rejectedId' })
  // What a person wrote is an event as a sender would send it, not a row that the store refused.
  const sent: Letter = raw === undefined ? letter : { ...letter, raw, code: '', edited: true }
  const { accepted, rejected } = await withSender(target, (send) => send([sent]))
  const [reason] = rejected
  return {
    accepted: accepted === 1,
    reason: reason ? { code: reason.code, message: reason.message, field: reason.field } : null,
  }
}

type Send = (letters: readonly Letter[]) => Promise<CollectorAnswer>

/** Gives a sender of letters of one kind that holds a key for as long as the work takes, and marks what it sent. */
function withSender<T>(target: ReplayTarget, work: (send: Send) => Promise<T>): Promise<T> {
  const { orgId, appId, collector, userId, client = postgres() } = target
  const send =
    (secretKey: string): Send =>
    async (letters) => {
      const kind = letters[0]?.kind ?? 'event'
      const answer = await sendLines(new URL(`/v1/${kind}s`, collector).href, letters.map(fromDeadLetter), {
        authorization: `Bearer ${secretKey}`,
        'x-app-id': appId,
      })
      const refused = new Set(answer.rejected.map(({ index }) => index))
      const now = new Date().toISOString()
      const marks = letters.map(({ id, edited = false }, index) => ({
        rejected_id: id,
        replayed_at: now,
        accepted: !refused.has(index),
        edited,
        replayed_by: userId ?? '',
      }))
      await insertTenantRows(target.scope, 'dead_letter_replays', marks)
      return answer
    }
  return withTemporaryKey(
    orgId,
    { name: 'Replay of rejected events', scopes: ['events:write', 'touchpoints:write'], createdBy: userId },
    (secretKey) => work(send(secretKey)),
    client,
  )
}

/** Letters in the collector's portions: one kind each, bounded in number and length. */
function* batches(letters: readonly Letter[]): Generator<Letter[]> {
  let batch: Letter[] = []
  let length = 0
  for (const letter of letters) {
    const full = batch.length >= LETTERS_A_BATCH || length + letter.raw.length > BATCH_LENGTH
    if (batch.length > 0 && (full || batch[0]?.kind !== letter.kind)) {
      yield batch
      batch = []
      length = 0
    }
    batch.push(letter)
    length += letter.raw.length
  }
  if (batch.length > 0) yield batch
}
