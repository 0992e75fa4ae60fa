import type { Platform } from './rows.ts'

/** An advertising campaign of the simulation and how good its traffic is. Multipliers are relative to the average. */
export interface Campaign {
  mediaSource: string
  campaign: string
  platforms: readonly Platform[]
  /** Countries it runs in; absent: everywhere. */
  countries?: readonly string[]
  adSets: readonly { name: string; ads: readonly { name: string; creative: string }[] }[]
  /** Publishers, most used first. */
  sites: readonly string[]
  /** Share of the advertised installs. */
  weight: number
  /** Share of its installs that an ad view caused, without a click. */
  viewShare: number
  /** Touchpoints of people who never install, per install, relative to the other campaigns. */
  waste: number
  /** Time from click to install. */
  slowness: number
  retention: number
  payers: number
  spend: number
}

const ad = (name: string, creative: string) => ({ name, creative })
const BOTH: readonly Platform[] = ['android', 'ios']

export const CAMPAIGNS: readonly Campaign[] = [
  {
    mediaSource: 'google_ads',
    campaign: 'uac_tier1_installs',
    platforms: ['android'],
    adSets: [
      { name: 'broad', ads: [ad('gameplay_15s', 'video_gameplay_a'), ad('puzzle_static', 'image_puzzle_b')] },
      { name: 'similar_players', ads: [ad('boss_fight_30s', 'video_boss_c')] },
    ],
    sites: ['youtube', 'search', 'display'],
    weight: 22,
    viewShare: 0.06,
    waste: 1,
    slowness: 1,
    retention: 1.05,
    payers: 1.1,
    spend: 1,
  },
  {
    mediaSource: 'google_ads',
    campaign: 'uac_latam_volume',
    platforms: ['android'],
    countries: ['BR', 'MX'],
    adSets: [
      { name: 'broad_latam', ads: [ad('gameplay_15s_pt', 'video_gameplay_pt'), ad('reward_es', 'image_reward')] },
    ],
    sites: ['youtube', 'display'],
    weight: 40,
    viewShare: 0.08,
    waste: 1.3,
    slowness: 1.2,
    retention: 0.85,
    payers: 0.6,
    spend: 0.7,
  },
  {
    mediaSource: 'meta_ads',
    campaign: 'advantage_broad',
    platforms: BOTH,
    adSets: [
      { name: 'broad_18_44', ads: [ad('story_fail', 'video_fail_a'), ad('carousel_heroes', 'carousel_heroes')] },
      { name: 'interest_puzzle', ads: [ad('reel_merge', 'video_merge_b'), ad('story_win', 'video_win_d')] },
    ],
    sites: ['facebook_feed', 'instagram_reels', 'instagram_stories', 'audience_network'],
    weight: 20,
    viewShare: 0.15,
    waste: 1.1,
    slowness: 1.1,
    retention: 1,
    payers: 1,
    spend: 1,
  },
  {
    mediaSource: 'meta_ads',
    campaign: 'lookalike_payers',
    platforms: BOTH,
    adSets: [{ name: 'lal_1pct', ads: [ad('boss_fight_30s', 'video_boss_c'), ad('collection', 'image_collection')] }],
    sites: ['facebook_feed', 'instagram_reels'],
    weight: 9,
    viewShare: 0.12,
    waste: 1.4,
    slowness: 1,
    retention: 1.25,
    payers: 2.2,
    spend: 1.5,
  },
  {
    mediaSource: 'tiktok_ads',
    campaign: 'spark_launch',
    platforms: BOTH,
    adSets: [{ name: 'creators', ads: [ad('creator_duet', 'video_creator_1'), ad('creator_asmr', 'video_creator_2')] }],
    sites: ['tiktok_feed', 'pangle'],
    weight: 15,
    viewShare: 0.2,
    waste: 1.5,
    slowness: 0.8,
    retention: 0.75,
    payers: 0.55,
    spend: 0.8,
  },
  {
    mediaSource: 'unity_ads',
    campaign: 'rewarded_global',
    platforms: BOTH,
    adSets: [
      { name: 'rewarded', ads: [ad('playable_v3', 'playable_merge_3'), ad('gameplay_30s', 'video_gameplay_e')] },
      { name: 'interstitial', ads: [ad('endcard_static', 'image_endcard')] },
    ],
    sites: ['1486550', '1300959', '4081264', '3950872', '5122890'],
    weight: 12,
    viewShare: 0.18,
    waste: 0.9,
    slowness: 0.7,
    retention: 0.9,
    payers: 0.9,
    spend: 1,
  },
  {
    mediaSource: 'applovin',
    campaign: 'roas_d7',
    platforms: BOTH,
    adSets: [{ name: 'goal_8pct', ads: [ad('playable_v4', 'playable_merge_4'), ad('fake_fail', 'video_fail_f')] }],
    sites: ['com.example.solitaire', 'com.example.wordgame', 'com.example.idle', 'com.example.runner'],
    weight: 11,
    viewShare: 0.14,
    waste: 0.8,
    slowness: 0.8,
    retention: 1.1,
    payers: 1.7,
    spend: 1.3,
  },
  {
    mediaSource: 'apple_search_ads',
    campaign: 'brand_exact',
    platforms: ['ios'],
    adSets: [{ name: 'brand', ads: [ad('default_product_page', 'product_page')] }],
    sites: ['app_store_search', 'app_store_today'],
    weight: 10,
    viewShare: 0,
    waste: 0.3,
    slowness: 0.4,
    retention: 1.35,
    payers: 1.5,
    spend: 1.1,
  },
]

/** Publishers through which simulated fraud comes, by campaign; honest players come through them too, if few. */
export const FRAUD_SITES: Readonly<Record<string, string>> = {
  advantage_broad: 'audience_network',
  spark_launch: 'pangle',
  rewarded_global: '5122890',
  roas_d7: 'com.example.runner',
}
