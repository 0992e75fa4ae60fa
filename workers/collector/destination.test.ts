import { describe, expect, it } from 'vitest'
import type { HotLink } from '#server/modules/links/hot.ts'
import { destinationFor, type Visit } from './destination.ts'

const link: HotLink = {
  linkId: 'lnk1',
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'android',
  bundleId: 'com.example.game',
  storeId: null,
  mediaSource: 'net & co',
  campaign: 'spring',
  adSet: '',
  ad: '',
  creative: '',
  siteId: '',
  subParams: {},
  androidUrl: null,
  iosUrl: null,
  webUrl: null,
  deepLink: null,
  fallbackUrl: 'https://game.example/get?x=1#top',
  allowedHosts: ['shop.example', '*.wild.example', 'port.example:8443'],
  isRetargeting: false,
  archived: false,
}

function go(
  platform: Visit['platform'],
  query = '',
  changes: Partial<HotLink> = {},
  clickId: string | null = 'clk_1',
): string {
  const own = { ...link, ...changes }
  return destinationFor({
    link: own,
    platform,
    query: new URLSearchParams(query),
    clickId,
    mediaSource: own.mediaSource,
    campaign: own.campaign,
    content: '',
  })
}

describe('by platform', () => {
  const PLAY = 'https://play.google.com/store/apps/details?id=com.example.game'
  const REFERRER = 'referrer=click_id%3Dclk_1%26utm_source%3Dnet%2520%2526%2520co%26utm_campaign%3Dspring'

  it('Android goes to Google Play with the click id in the referrer, beside the utm fields', () => {
    expect(go('android')).toBe(`${PLAY}&${REFERRER}`)
    const referrer = new URL(go('android')).searchParams.get('referrer') ?? ''
    expect(Object.fromEntries(new URLSearchParams(referrer))).toEqual({
      click_id: 'clk_1',
      utm_source: 'net & co',
      utm_campaign: 'spring',
    })
  })

  it("keeps the owner's own referrer behind ours", () => {
    expect(go('android', '', { androidUrl: `${PLAY}&referrer=a%3Db&hl=de` })).toBe(`${PLAY}&hl=de&${REFERRER}%26a%3Db`)
    expect(go('android', '', { androidUrl: 'market://details?id=com.example.game' })).toBe(
      `market://details?id=com.example.game&${REFERRER}`,
    )
  })

  it('a page of the owner carries the click id in its query, before the fragment', () => {
    expect(go('web')).toBe('https://game.example/get?x=1&click_id=clk_1#top')
    expect(go('', '', { fallbackUrl: 'https://game.example' })).toBe('https://game.example?click_id=clk_1')
    expect(go('web', '', { webUrl: 'https://game.example/?click_id=old&b=2' })).toBe(
      'https://game.example/?b=2&click_id=clk_1',
    )
    expect(go('android', '', { androidUrl: 'https://cdn.example/app.apk' })).toBe(
      'https://cdn.example/app.apk?click_id=clk_1',
    )
  })

  it('iOS goes to the App Store of an iOS app, others to page or fallback', () => {
    expect(go('ios', '', { platform: 'ios', storeId: 'id123456' })).toBe('https://apps.apple.com/app/id123456')
    expect(go('ios', '', { iosUrl: 'https://apps.apple.com/de/app/id9?mt=8' })).toBe(
      'https://apps.apple.com/de/app/id9?mt=8',
    )
    expect(go('ios')).toBe('https://game.example/get?x=1&click_id=clk_1#top')
    expect(go('android', '', { platform: 'ios', storeId: '123456' })).toBe(
      'https://game.example/get?x=1&click_id=clk_1#top',
    )
  })

  it('carries nothing on when the request is not recorded', () => {
    expect(go('web', '', {}, null)).toBe('https://game.example/get?x=1#top')
    expect(go('android', '', {}, null)).not.toContain('click_id')
  })

  it('writes addresses with other letters in ASCII, as headers need it', () => {
    expect(go('web', '', { webUrl: 'https://game.example/größe?q=é 🎉' })).toBe(
      'https://game.example/gr%C3%B6%C3%9Fe?q=%C3%A9%20%F0%9F%8E%89&click_id=clk_1',
    )
  })
})

describe('deep links', () => {
  const deep = { deepLink: 'game://open/home' }

  it('are taken when asked for, with click id and deep link values', () => {
    expect(go('ios', 'deep_link=1', deep)).toBe('game://open/home?click_id=clk_1')
    expect(go('android', 'af_force_deeplink=true&deep_link_value=level 5&deep_link_sub1=a', deep)).toBe(
      'game://open/home?deep_link_value=level%205&deep_link_sub1=a&click_id=clk_1',
    )
    expect(go('android', '', deep)).toContain('play.google.com')
  })

  it("are not taken by desktop browsers where the scheme is the app's own", () => {
    expect(go('web', 'deep_link=1', deep)).toContain('game.example/get')
    expect(go('web', 'deep_link=1', { deepLink: 'https://open.example/x' })).toBe(
      'https://open.example/x?click_id=clk_1',
    )
  })
})

describe('destinations in the query', () => {
  it.each([
    ['web', 'redirect=https://shop.example/a?b=1', 'https://shop.example/a?b=1&click_id=clk_1'],
    ['android', 'af_android_url=https://shop.example/', 'https://shop.example/?click_id=clk_1'],
    ['ios', 'af_ios_url=https://SHOP.example/', 'https://shop.example/?click_id=clk_1'],
    ['web', 'af_web_dp=https://a.wild.example/', 'https://a.wild.example/?click_id=clk_1'],
    ['web', 'redirect=https://port.example:8443/', 'https://port.example:8443/?click_id=clk_1'],
    ['web', 'af_android_url=https://shop.example/', 'https://game.example/get?x=1&click_id=clk_1#top'],
  ] as const)('on %s, %s is followed where the link allows the host', (platform, query, expected) => {
    expect(go(platform, query)).toBe(expected)
  })

  it('may open the app by its own scheme where link and allow-list say so', () => {
    const own = { deepLink: 'game://x', allowedHosts: ['product'] }
    expect(go('ios', 'af_dp=game://product/1', own)).toBe('game://product/1?click_id=clk_1')
    expect(go('ios', 'af_dp=game://any/1', { ...own, allowedHosts: ['game://'] })).toBe('game://any/1?click_id=clk_1')
    expect(() => go('ios', 'af_dp=other://product/1', own)).toThrow('af_dp')
  })

  it.each([
    'redirect=https://evil.example/',
    'redirect=//shop.example/',
    'redirect=/relative',
    'redirect=https://shop.example.evil.example/',
    'redirect=https://evil.example\\@shop.example/',
    'redirect=https://shop.example@evil.example/',
    'redirect=https://user:pw@shop.example/',
    'redirect=https://wild.example/',
    'redirect=https://notwild.example/',
    'redirect=https://port.example:444/',
    'redirect=javascript:alert(1)//shop.example',
    'redirect=java%09script:alert(1)',
    'redirect=data:text/html,shop.example',
    'redirect=file://shop.example/etc/passwd',
    'redirect=https:evil.example',
    'af_web_dp=https://evil.example/',
    'af_android_url=https://evil.example/',
    'af_ios_url=https://evil.example/',
    'af_dp=game://evil',
    'redirect=https://shop.example/&af_web_dp=https://evil.example/',
  ])('%s is refused on every platform, naming the parameter', (query) => {
    for (const platform of ['web', 'android', 'ios'] as const) {
      expect(() => go(platform, query)).toThrow(
        expect.objectContaining({ code: 'bad_request', field: expect.any(String) }),
      )
    }
  })

  it('cannot add lines to the answer', () => {
    const location = go('web', 'redirect=https://shop.example/%0d%0aset-cookie:%20a=b')
    expect(location).toMatch(/^[\x21-\x7e]+$/)
  })
})

it.each(['javascript:alert(1)', ' JavaScript:alert(1)', 'data:text/html,x', 'nonsense'])(
  'a link that its owner pointed at %s leads nowhere',
  (fallbackUrl) => {
    expect(() => go('web', '', { fallbackUrl })).toThrow(expect.objectContaining({ code: 'bad_request' }))
  },
)
