import { type JsonObject, Refusal } from '#server/modules/events/hot.ts'
import { readTime } from '../values.ts'

function read(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'number') return value
  if (typeof value === 'string') return readTime(value, field)
  throw new Refusal('wrong_type', `${field} must be a time of ISO 8601, such as 2026-03-01T12:00:00.000Z.`, field)
}

/** When the device says it sent; `undefined` where it does not say or nobody can read it. */
function sentTime(value: unknown): number | undefined {
  try {
    return read(value, 'sentAt')
  } catch {
    return undefined
  }
}

/**
 * When a message happened, freed of the device's wrong clock as Segment documents it: receivedAt - (sentAt - timestamp).
 * A message that carries both `originalTimestamp` and `timestamp` went through Segment, which has corrected it.
 * @param sentAt of the batch, for messages that have none of their own
 * @param receivedAt Unix milliseconds
 * @returns Unix milliseconds; `undefined` for a message without a time
 * @throws Refusal for a time that cannot be read
 */
export function segmentTime(message: JsonObject, sentAt: unknown, receivedAt: number): number | undefined {
  const timestamp = read(message.timestamp, 'timestamp')
  const original = read(message.originalTimestamp, 'originalTimestamp')
  if (timestamp !== undefined && original !== undefined) return timestamp
  const told = timestamp ?? original
  if (told === undefined) return undefined
  const sent = sentTime(message.sentAt ?? sentAt)
  return sent === undefined ? told : receivedAt - (sent - told)
}
