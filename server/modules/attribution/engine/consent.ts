import { z } from 'zod'

const flag = z.boolean().optional().catch(undefined)
const consentSchema = z.object({
  /** Our SDKs: advertising as a whole, and measuring at all. */
  ads: flag,
  measurement: flag,
  /** May stand alone, for those who allow advertising but no matching by address. */
  probabilistic: flag,
  /** Segment's consent plugin. */
  categoryPreferences: z.object({ Advertising: flag }).optional().catch(undefined),
  /** AppsFlyer's `consent_data`. */
  manual: z.object({ gdpr_applies: flag, ad_user_data_enabled: flag }).optional().catch(undefined),
})

/**
 * Whether an install's consent allows to match it by its network address and traits. Silence does, a refusal of any kind
 * does not; where the person's regulation applies, silence about ads does not either. What cannot be read is a refusal.
 * @param consent the event's column: a JSON object as text, or empty
 */
export function probabilisticAllowed(consent: string): boolean {
  if (consent === '') return true
  let json: unknown
  try {
    json = JSON.parse(consent)
  } catch {
    return false
  }
  const parsed = consentSchema.safeParse(json)
  if (!parsed.success) return false
  const { ads, measurement, probabilistic, categoryPreferences, manual } = parsed.data
  if (manual?.gdpr_applies === true && manual.ad_user_data_enabled !== true) return false
  return ![ads, measurement, probabilistic, categoryPreferences?.Advertising, manual?.ad_user_data_enabled].includes(
    false,
  )
}
