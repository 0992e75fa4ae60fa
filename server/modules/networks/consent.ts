import { z } from 'zod'

/** Anything else than yes or no in its place is no. */
const flag = z.boolean().optional().catch(false)
const consentSchema = z.object({
  /** Our SDKs: advertising as a whole. */
  ads: flag,
  /** Segment's consent plugin. */
  categoryPreferences: z.object({ Advertising: flag }).optional().catch(undefined),
  /** AppsFlyer's `consent_data` and `sharing_filter`. */
  manual: z.object({ gdpr_applies: flag, ad_user_data_enabled: flag }).optional().catch(undefined),
  sharing_filter: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
})

/** `given` and `refused` were said by the person; `silent`: nothing was said. */
export type Sharing = 'given' | 'refused' | 'silent'

/**
 * What an install's consent says about telling a partner of it. One refusal outweighs everything else.
 * @param consent the column as it is stored: a JSON object as text, or empty
 * @param mediaSource the partner, as a sharing filter would name it
 */
export function sharingOf(consent: string, mediaSource: string): Sharing {
  if (consent === '') return 'silent'
  let json: unknown
  try {
    json = JSON.parse(consent)
  } catch {
    return 'refused'
  }
  const parsed = consentSchema.safeParse(json)
  if (!parsed.success) return 'refused'
  const { ads, categoryPreferences, manual, sharing_filter: filter } = parsed.data
  const names = (typeof filter === 'string' ? [filter] : (filter ?? [])).map((name) => name.toLowerCase())
  const filtered = names.includes('all') || names.includes(mediaSource.toLowerCase())
  const said = [ads, categoryPreferences?.Advertising, manual?.ad_user_data_enabled]
  // Where the regulation applies, silence is no consent.
  const needed = manual?.gdpr_applies === true && manual.ad_user_data_enabled !== true
  if (filtered || needed || said.includes(false)) return 'refused'
  return said.includes(true) ? 'given' : 'silent'
}
