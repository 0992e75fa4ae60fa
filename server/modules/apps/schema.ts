import { z } from 'zod'
import { keyExpiry } from '#server/modules/keys/index.ts'
import { text, timezone } from '#server/platform/text.ts'

export const PLATFORMS = ['ios', 'android', 'web'] as const
export type Platform = (typeof PLATFORMS)[number]

const name = text('The name', 80)
/** Empty means none: forms send empty fields. */
const storeId = z
  .string()
  .trim()
  .max(64, { error: 'No store id is that long.' })
  .transform((value) => value || null)
  .nullish()

/**
 * An app's id in its store, by platform. Sources: Android "application ID" rules (two segments or more, each beginning with
 * a letter; letters, digits, underscores), Apple's CFBundleIdentifier (letters, digits, hyphens, periods), host names for the web.
 * @returns the id as it is kept, or what is wrong with it
 */
export function normalizeBundleId(platform: Platform, given: string): { value: string } | { problem: string } {
  const value = given.trim()
  if (platform === 'android') {
    return /^[a-zA-Z]\w*(\.[a-zA-Z]\w*)+$/.test(value) && value.length <= 255
      ? { value }
      : {
          problem:
            'An Android package name looks like com.example.game: two words or more, each beginning with a letter.',
        }
  }
  if (platform === 'ios') {
    return /^[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+$/.test(value) && value.length <= 155
      ? { value }
      : { problem: 'An iOS bundle id looks like com.example.game: letters, digits, hyphens and dots.' }
  }
  const bare = value.replace(/^https?:\/\//i, '').replace(/\/.*$/, '')
  const url = URL.canParse(`https://${bare}`) ? new URL(`https://${bare}`) : undefined
  const host = url?.hostname ?? ''
  const fits = url !== undefined && !url.username && !url.password && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host)
  return fits && host.length <= 253
    ? { value: host }
    : { problem: 'A web app is named by its host, such as shop.example.com.' }
}

/** A store id where it differs from the bundle id: an App Store id is digits, with or without `id` before them. */
export function normalizeStoreId(
  platform: Platform,
  given: string | null,
): { value: string | null } | { problem: string } {
  if (given === null) return { value: null }
  if (platform === 'ios') {
    const digits = given.replace(/^id/i, '')
    return /^\d{5,15}$/.test(digits)
      ? { value: digits }
      : { problem: 'An App Store id is a number, such as 1234567890. It stands in the address of the store page.' }
  }
  return /^[\w.-]{1,64}$/.test(given)
    ? { value: given }
    : {
        problem:
          'A store id has letters, digits, dots and hyphens only. Leave it empty if the store uses the bundle id.',
      }
}

export const createAppInput = z
  .object({ name, platform: z.enum(PLATFORMS), bundleId: z.string().max(300), storeId, timezone: timezone.optional() })
  .transform((input, ctx) => {
    const bundle = normalizeBundleId(input.platform, input.bundleId)
    const store = normalizeStoreId(input.platform, input.storeId ?? null)
    if ('problem' in bundle) ctx.addIssue({ code: 'custom', path: ['bundleId'], message: bundle.problem })
    if ('problem' in store) ctx.addIssue({ code: 'custom', path: ['storeId'], message: store.problem })
    if ('problem' in bundle || 'problem' in store) return z.NEVER
    return { ...input, bundleId: bundle.value, storeId: store.value }
  })
export type CreateAppInput = z.output<typeof createAppInput>

export const updateAppInput = z.object({ name: name.optional(), timezone: timezone.optional(), storeId })

/** `apps.createIngestKey` */
export const createIngestKeyInput = z.object({
  name: text('The name', 80, 0).optional(),
  /** Absent: the key does not expire. */
  expiresAt: keyExpiry.optional(),
})
