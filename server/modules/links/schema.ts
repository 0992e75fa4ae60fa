import { z } from 'zod'
import { text } from '#server/platform/text.ts'
import { normalizeDestination, normalizeHost } from './destinations.ts'

/** An address, or nothing: forms send empty fields. */
const destination = (kind: 'web' | 'app') =>
  z
    .string()
    .nullish()
    .transform((given, ctx) => {
      if (!given?.trim()) return null
      const checked = normalizeDestination(kind, given)
      if ('value' in checked) return checked.value
      ctx.addIssue({ code: 'custom', message: checked.problem })
      return z.NEVER
    })

const mediaSource = text('The media source', 100).refine((value) => value.toLowerCase() !== 'organic', {
  error: 'Reports call installs without an ad “organic”. Choose another media source.',
})
const optionalText = (what: string) => text(what, 200, 0)
const subParam = text('The parameter', 500, 0).optional()

/** Fields of a tracking link, as the field names them. */
const fields = {
  name: text('The name', 120, 0),
  mediaSource,
  campaign: text('The campaign', 200),
  adSet: optionalText('The ad set'),
  ad: optionalText('The ad'),
  creative: optionalText('The creative'),
  siteId: optionalText('The site id'),
  subParams: z
    .strictObject({ sub1: subParam, sub2: subParam, sub3: subParam, sub4: subParam, sub5: subParam })
    .transform((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value))),
  androidUrl: destination('app'),
  iosUrl: destination('app'),
  webUrl: destination('web'),
  deepLink: destination('app'),
  fallbackUrl: destination('web'),
  allowedHosts: z
    .array(z.string())
    .max(50, { error: 'At most 50 hosts.' })
    .transform((given, ctx) => {
      const hosts = given.filter((host) => host.trim() !== '').map((host) => ({ host, name: normalizeHost(host) }))
      const bad = hosts.find(({ name }) => name === undefined)
      if (bad)
        ctx.addIssue({
          code: 'custom',
          message: `“${bad.host.slice(0, 80)}” is not a host name, such as shop.example.com.`,
        })
      return [...new Set(hosts.flatMap(({ name }) => name ?? []))]
    }),
  /** The link belongs to a campaign that aims at people who have, or had, the app. */
  isRetargeting: z.boolean(),
}

/** A new link: media source and campaign are needed, the rest is empty or derived. */
export const createLinkInput = z.object({
  ...fields,
  name: fields.name.default(''),
  adSet: fields.adSet.default(''),
  ad: fields.ad.default(''),
  creative: fields.creative.default(''),
  siteId: fields.siteId.default(''),
  subParams: fields.subParams.prefault({}),
  allowedHosts: fields.allowedHosts.prefault([]),
  isRetargeting: fields.isRetargeting.default(false),
})
export type CreateLinkInput = z.output<typeof createLinkInput>

/** Fields to change; what is absent stays. */
export const updateLinkInput = z.object({
  linkId: z.string().max(64),
  name: text('The name', 120).optional(),
  mediaSource: mediaSource.optional(),
  campaign: fields.campaign.optional(),
  adSet: fields.adSet.optional(),
  ad: fields.ad.optional(),
  creative: fields.creative.optional(),
  siteId: fields.siteId.optional(),
  subParams: fields.subParams.optional(),
  androidUrl: fields.androidUrl.optional(),
  iosUrl: fields.iosUrl.optional(),
  webUrl: fields.webUrl.optional(),
  deepLink: fields.deepLink.optional(),
  fallbackUrl: fields.fallbackUrl.optional(),
  allowedHosts: fields.allowedHosts.optional(),
  isRetargeting: fields.isRetargeting.optional(),
})
export type UpdateLinkInput = z.output<typeof updateLinkInput>

export const listLinksInput = z.object({ search: z.string().max(200).optional(), archived: z.boolean().default(false) })
