import { createHash } from 'node:crypto'
import { z } from 'zod'
import { text } from '#server/platform/text.ts'

/** Clocks differ: so much later than ours a claimed touchpoint may be without being in the future. */
const CLOCK_TOLERANCE_MS = 60_000

const name = (what: string) =>
  text(what, 500, 0)
    .nullish()
    .transform((value) => value ?? '')
const echo = (what: string) => text(what, 200, 0).nullish()

const answerSchema = z.discriminatedUnion('claimed', [
  z.object({ claimed: z.literal(false) }),
  z.object({
    claimed: z.literal(true),
    claim_id: text('claim_id', 200),
    touchpoint_type: z.enum(['click', 'view']),
    touchpoint_time: z.union([
      z.iso.datetime({ offset: true }).transform((given) => Date.parse(given)),
      z.int().min(0),
    ]),
    campaign: name('campaign'),
    ad_set: name('ad_set'),
    ad: name('ad'),
    creative: name('creative'),
    site_id: name('site_id'),
    // What it was asked about, if it wants to say so.
    app_id: echo('app_id'),
    device_id: echo('device_id'),
  }),
])
export type Answer = z.output<typeof answerSchema>
/** An answer that claims the install. */
export type Claim = Extract<Answer, { claimed: true }>

/** What a network's answer came to. */
export type Judged =
  | { state: 'not_claimed' }
  | { state: 'claimed'; claim: Claim }
  /** It claims the install, but the claim cannot be believed; or the answer is none. */
  | { state: 'failed'; error: string; claim: Claim | null }

/** What a claim is measured by. Times are Unix milliseconds. */
export interface Asked {
  appId: string
  deviceId: string
  installTime: number
  clickWindowMs: number
  viewWindowMs: number
}

/**
 * Reads a network's answer and checks a claim: its time, its window, and that it is about what was asked.
 * @param body the text it answered, with a status of success
 * @param now Unix milliseconds
 */
export function judgeAnswer(body: string, asked: Asked, now: number): Judged {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch {
    return { state: 'failed', error: 'The answer is not JSON.', claim: null }
  }
  const parsed = answerSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.path.join('.')
    const where = field ? `${field}: ` : ''
    return {
      state: 'failed',
      error: `The answer does not fit. ${where}${issue?.message ?? ''}`.slice(0, 500),
      claim: null,
    }
  }
  const answer = parsed.data
  if (!answer.claimed) return { state: 'not_claimed' }
  const error = claimProblem(answer, asked, now)
  return error === null ? { state: 'claimed', claim: answer } : { state: 'failed', error, claim: answer }
}

function claimProblem(claim: Claim, asked: Asked, now: number): string | null {
  if (claim.app_id && claim.app_id !== asked.appId) return 'The answer is about another app.'
  if (claim.device_id && claim.device_id !== asked.deviceId) return 'The answer is about another install.'
  if (claim.touchpoint_time > now + CLOCK_TOLERANCE_MS) return 'The claimed touchpoint lies in the future.'
  const age = asked.installTime - claim.touchpoint_time
  if (age < 0) return 'The claimed touchpoint came after the install.'
  const windowMs = claim.touchpoint_type === 'click' ? asked.clickWindowMs : asked.viewWindowMs
  return age > windowMs ? `The claimed ${claim.touchpoint_type} lies outside the network’s window.` : null
}

const touchpointSchema = z.object({
  touchpoint_id: z.string(),
  touchpoint_type: z.enum(['click', 'view']),
  touchpoint_time: z.string(),
  media_source: z.string(),
  campaign: z.string(),
  ad_set: z.string(),
  ad: z.string(),
  creative: z.string(),
  site_id: z.string(),
  platform: z.string(),
  claimed_device_id: z.string(),
  sub_params: z.object({ claim_id: z.string() }),
})
/** A touchpoint as `POST /v1/touchpoints` takes it; empty texts are what is not known. */
export type ClaimedTouchpoint = z.output<typeof touchpointSchema>

/** Reads a claimed touchpoint that was kept. @throws ZodError when the store holds something else */
export const readTouchpoint = (stored: unknown): ClaimedTouchpoint | null => touchpointSchema.nullable().parse(stored)

/**
 * The touchpoint that a claim becomes. Its id follows from network and claim id: sent again it is the same touchpoint.
 * @param asked the install that was asked about
 */
export function claimedTouchpoint(
  network: { id: string; mediaSource: string },
  asked: { deviceId: string; platform: string },
  claim: Claim,
): ClaimedTouchpoint {
  const digest = createHash('sha256')
    .update(JSON.stringify([network.id, claim.claim_id]))
    .digest('hex')
  const { campaign, ad_set, ad, creative, site_id } = claim
  return {
    touchpoint_id: `claim_${digest.slice(0, 32)}`,
    touchpoint_type: claim.touchpoint_type,
    touchpoint_time: new Date(claim.touchpoint_time).toISOString(),
    media_source: network.mediaSource,
    ...{ campaign, ad_set, ad, creative, site_id },
    platform: asked.platform,
    claimed_device_id: asked.deviceId,
    sub_params: { claim_id: claim.claim_id },
  }
}
