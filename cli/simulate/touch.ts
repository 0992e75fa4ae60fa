import { CAMPAIGNS, type Campaign } from './campaigns.ts'
import type { SimulationOptions } from './options.ts'
import type { Person } from './people.ts'
import type { Random } from './random.ts'
import type { TouchpointRow } from './rows.ts'

/** A touchpoint row of this person with a campaign's ad; `site` overrides the publisher. Time in Unix milliseconds. */
export function touch(
  options: SimulationOptions,
  r: Random,
  person: Person,
  campaign: Campaign,
  type: 'click' | 'view',
  time: number,
  site?: string,
): TouchpointRow {
  const adSet = r.popular(campaign.adSets)
  const { name: ad, creative } = r.popular(adSet.ads)
  const publisher = r.popular(campaign.sites)
  const linkId = options.links[campaign.campaign]
  // People change between mobile network and Wi-Fi; a few clicks come from elsewhere.
  const elsewhere = r.chance(0.06) ? `10.${r.below(256)}.${r.below(256)}.${r.below(256)}` : person.ip
  return {
    touchpoint_id: r.uuid(),
    touchpoint_type: type,
    touchpoint_time: Math.floor(time),
    ...(linkId !== undefined && { link_id: linkId }),
    media_source: campaign.mediaSource,
    campaign: campaign.campaign,
    ad_set: adSet.name,
    ad,
    creative,
    site_id: site ?? publisher,
    platform: person.platform,
    country: person.country.code,
    ...person.networkIds,
    ip: elsewhere,
    user_agent: person.userAgent,
  }
}

/** A campaign that can reach this person, by weight (times `factor`). */
export function campaignFor(r: Random, person: Person, factor: (campaign: Campaign) => number = () => 1): Campaign {
  return r.weighted(CAMPAIGNS, (campaign) => {
    const reaches =
      campaign.platforms.includes(person.platform) && (campaign.countries?.includes(person.country.code) ?? true)
    return reaches ? campaign.weight * factor(campaign) : 0
  })
}
