import { FRAUD_SITES } from './campaigns.ts'
import { FRAUD_CAMPAIGNS } from './fraud.ts'
import { person, STREAM, timeOfDay } from './people.ts'
import { Random } from './random.ts'
import type { TouchpointRow } from './rows.ts'
import { campaignFor, touch } from './touch.ts'
import type { World } from './world.ts'

const DAY = 86_400_000
/** Share of views among touchpoints that lead nowhere, in campaigns that show ads to be seen. */
const VIEWS = 0.35

/** How many touchpoints lead nowhere on a day, and the number of the first person who has them. */
export interface WasteOfDay {
  day: number
  count: number
  floodClicks: number
  firstPerson: number
}

/** One day's touchpoints of people who never install, in no particular order; some people have several. */
export function* wasteOfDay(
  world: World,
  { day, count, floodClicks, firstPerson }: WasteOfDay,
): Generator<TouchpointRow> {
  const { options } = world
  const r = new Random(options.seed, STREAM.waste, day)
  let who = firstPerson
  for (let made = 0; made < count; made++) {
    if (made > 0 && !r.chance(0.25)) who++
    const somebody = person(options, who)
    const campaign = campaignFor(r, somebody, ({ waste }) => waste)
    const type = campaign.viewShare > 0 && r.chance(VIEWS) ? 'view' : 'click'
    const row = touch(options, r, somebody, campaign, type, day * DAY + timeOfDay(r, somebody.country))
    if (row.touchpoint_time >= world.start && row.touchpoint_time < world.end) yield row
  }
  for (let made = 0; made < floodClicks; made++) {
    const somebody = person(options, ++who)
    const campaign = r.weighted(FRAUD_CAMPAIGNS, ({ weight }) => weight)
    const site = FRAUD_SITES[campaign.campaign]
    const row = touch(options, r, somebody, campaign, 'click', day * DAY + r.unit() * DAY, site)
    if (row.touchpoint_time >= world.start && row.touchpoint_time < world.end) yield row
  }
}
