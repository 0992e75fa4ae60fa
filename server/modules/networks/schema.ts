import { z } from 'zod'
import { env } from '#server/platform/env.ts'
import { mayBePublic } from '#server/platform/public-address.ts'
import { text } from '#server/platform/text.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** What is wrong with a claim URL, or null. Where it leads is looked at again each time it is asked. */
export function claimUrlProblem(given: string, privateAllowed: boolean): string | null {
  if (!URL.canParse(given)) return 'This is not a complete address. It looks like https://network.example.com/claims.'
  const url = new URL(given)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return `Addresses that begin with ${url.protocol} cannot be asked. Use https://.`
  if (url.username || url.password)
    return 'An address with a user name or password in it is not allowed. Each request is signed instead.'
  if (!privateAllowed && !mayBePublic(url.hostname))
    return 'This address is private. Only addresses on the internet are asked; an operator can allow others.'
  if (url.protocol === 'http:' && mayBePublic(url.hostname))
    return 'Use https://. What is asked about an install must not cross the internet unencrypted.'
  return null
}

const claimUrl = z
  .string()
  .trim()
  .max(2000, { error: 'This address is longer than 2,000 characters.' })
  .transform((given, ctx) => {
    const problem = claimUrlProblem(given, env().OUTBOUND_PRIVATE_ADDRESSES)
    if (problem === null) {
      const url = new URL(given)
      url.hash = ''
      return url.href
    }
    ctx.addIssue({ code: 'custom', message: problem })
    return z.NEVER
  })

const mediaSource = text('The media source', 100).refine((value) => value.toLowerCase() !== 'organic', {
  error: 'Reports call installs without an ad “organic”. Choose another media source.',
})
const window = (least: number, most: number, message: string) =>
  z.number({ error: message }).int({ error: message }).min(least, { error: message }).max(most, { error: message })
const clickWindowMs = window(DAY, 30 * DAY, 'Clicks count for 1 to 30 days.')
const viewWindowMs = window(HOUR, 72 * HOUR, 'Views count for 1 to 72 hours.')

/** A new self-attributing network; windows in milliseconds, by default the field's: 7 days and 24 hours. */
export const createNetworkInput = z.object({
  mediaSource,
  claimUrl,
  clickWindowMs: clickWindowMs.default(7 * DAY),
  viewWindowMs: viewWindowMs.default(24 * HOUR),
})
export type CreateNetworkInput = z.output<typeof createNetworkInput>

const networkId = z.string().max(64)

/** What of a network can be changed. Not its media source: its claims in the past carry it. */
export const updateNetworkInput = z.object({ networkId, claimUrl, clickWindowMs, viewWindowMs })
export type UpdateNetworkInput = z.output<typeof updateNetworkInput>

export const enableNetworkInput = z.object({ networkId, enabled: z.boolean() })
export const rotateSecretInput = z.object({ networkId })
export const deleteNetworkInput = z.object({ networkId })
/** The claims of an install, by its device id. */
export const claimsInput = z.object({ deviceId: z.string().min(1).max(200) })
