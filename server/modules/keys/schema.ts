import { z } from 'zod'
import { KEY_SCOPES } from '#server/authz/index.ts'
import { text } from '#server/platform/text.ts'

const YEAR_MS = 366 * 86_400_000
/** How far a browser's clock may be behind ours. */
const SLACK_MS = 5 * 60_000

/** When a key is to end: in the future, at most a year ahead. */
export const keyExpiry = z
  .date()
  .refine((at) => at.getTime() > Date.now(), { error: 'This time has passed. Choose one in the future.' })
  .refine((at) => at.getTime() < Date.now() + YEAR_MS, { error: 'Choose a time within a year.' })

/** Until when a rotated key still works; now ends it at once. */
export const overlapEnd = z
  .date()
  .refine((at) => at.getTime() > Date.now() - SLACK_MS, { error: 'This time has passed. Choose now or later.' })
  .refine((at) => at.getTime() < Date.now() + YEAR_MS, { error: 'Choose a time within a year.' })

/** A key by its id. */
export const keyId = z.string().max(64)

/** `keys.create` */
export const createKeyInput = z.object({
  name: text('The name', 80),
  scopes: z
    .array(z.enum(KEY_SCOPES, { error: `A scope is one of: ${KEY_SCOPES.join(', ')}.` }))
    .min(1, { error: 'Choose at least one scope.' })
    .max(KEY_SCOPES.length)
    .transform((scopes) => [...new Set(scopes)]),
  /** Absent: the key does not expire. */
  expiresAt: keyExpiry.optional(),
})
