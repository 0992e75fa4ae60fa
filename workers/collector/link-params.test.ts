import { expect, it } from 'vitest'
import type { HotLink } from '#server/modules/links/hot.ts'
import { readLinkParameters } from './link-params.ts'

const link = {
  mediaSource: 'net',
  campaign: 'own',
  adSet: 'own set',
  ad: '',
  creative: '',
  siteId: '',
  isRetargeting: false,
  subParams: { sub1: 'link', sub2: 'link' },
} as unknown as HotLink

const read = (query: string) => readLinkParameters(new URLSearchParams(query), link)

it("takes the link's own values where the query has none", () => {
  expect(read('')).toEqual({
    campaign: 'own',
    adSet: 'own set',
    ad: '',
    creative: '',
    siteId: '',
    advertisingId: '',
    idfv: '',
    customerUserId: '',
    isRetargeting: false,
    subParams: { sub1: 'link', sub2: 'link' },
  })
})

it.each([
  ['c=q', { campaign: 'q' }],
  ['campaign=ours&c=theirs', { campaign: 'ours' }],
  ['af_adset=q', { adSet: 'q' }],
  ['adgroup=q', { adSet: 'q' }],
  ['af_ad=q', { ad: 'q' }],
  ['creative=q', { creative: 'q' }],
  ['af_siteid=q', { siteId: 'q' }],
  ['gps_adid=q', { advertisingId: 'q' }],
  ['idfa=q', { advertisingId: 'q' }],
  ['gaid=q', { advertisingId: 'q' }],
  ['idfv=q&customer_user_id=u', { idfv: 'q', customerUserId: 'u' }],
])("understands the field's parameter %s", (query, expected) => {
  expect(read(query)).toMatchObject(expected)
})

it.each([
  ['is_retargeting=true', false, true],
  ['is_retargeting=0', true, false],
  ['is_retargeting=perhaps', true, true],
  ['', true, true],
])('with %j in the query and a link that says %j, the click says %j', (query, own, expected) => {
  const { isRetargeting } = readLinkParameters(new URLSearchParams(query), { ...link, isRetargeting: own })
  expect(isRetargeting).toBe(expected)
})

it("keeps other parameters, a network's click id among them, and never another media source", () => {
  const { subParams } = read(
    'clickid=n1&af_sub1=a&sub3=c&af_channel=x&pid=other&redirect=https://a.example&deep_link=1&__proto__=z',
  )
  expect(Object.entries(subParams)).toEqual([
    ['sub1', 'a'],
    ['sub2', 'link'],
    ['clickid', 'n1'],
    ['sub3', 'c'],
    ['af_channel', 'x'],
    ['pid', 'other'],
    ['__proto__', 'z'],
  ])
})

it.each(['{campaign}', '$%7Bcampaign}', '{{campaign.name}}', '[CAMPAIGN]', '(campaign)', '__CAMPAIGN_NAME__'])(
  'takes the placeholder %s, which a network did not fill in, as absent',
  (placeholder) => {
    expect(read(`c=${placeholder}&clickid=${placeholder}`)).toMatchObject({
      campaign: 'own',
      subParams: { sub1: 'link', sub2: 'link' },
    })
  },
)

it('keeps at most 40 unknown parameters', () => {
  const query = Array.from({ length: 100 }, (_, place) => `p${place}=1`).join('&')
  expect(Object.keys(read(query).subParams)).toHaveLength(42)
})
