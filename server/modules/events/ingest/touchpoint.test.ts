import { describe, expect, it } from 'vitest'
import type { IngestContext, IngestResult } from './context.ts'
import { ingest, namedLinks, parseJson } from './parse.ts'

const NOW = Date.UTC(2026, 9, 25, 12)

const context: IngestContext = {
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'android',
  receivedAt: NOW,
  requestId: 'req_1',
  fromServer: true,
  ip: '',
  userAgent: '',
  countryOf: (ip) => (ip === '198.51.100.1' ? 'FR' : ''),
  links: new Map([
    [
      'lnk1',
      {
        linkId: 'lnk1',
        mediaSource: 'net',
        campaign: 'spring',
        adSet: 'set',
        ad: '',
        creative: 'cr',
        siteId: '',
        isRetargeting: true,
      },
    ],
  ]),
}

const parse = (values: unknown) => parseJson(Buffer.from(JSON.stringify(values)))
const send = (values: unknown): IngestResult => ingest(parse(values), 'touchpoint', context)

function row(value: unknown): Record<string, unknown> {
  const result = send(value)
  expect(result.rejected).toEqual([])
  expect(result.frames).toMatchObject([{ kind: 'touchpoint', rows: 1 }])
  return JSON.parse(String(result.frames[0]?.payload).slice(33)) as Record<string, unknown>
}

const good = {
  touchpoint_id: 't1',
  touchpoint_type: 'click',
  touchpoint_time: NOW - 1000,
  media_source: 'net',
  campaign: 'c',
}

describe('a touchpoint becomes a row', () => {
  it('with origin, device and country', () => {
    const userAgent = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36'
    expect(row({ ...good, advertising_id: 'A', ip: '198.51.100.1', user_agent: userAgent, clickid: 'n1' })).toEqual({
      org_id: 'org_1',
      app_id: 'app_1',
      request_id: 'req_1',
      received_at: '2026-10-25T12:00:00.000Z',
      touchpoint_id: 't1',
      touchpoint_type: 'click',
      touchpoint_time: '2026-10-25T11:59:59.000Z',
      media_source: 'net',
      campaign: 'c',
      advertising_id: 'A',
      ip: '198.51.100.1',
      country: 'FR',
      user_agent: userAgent,
      platform: 'android',
      os_version: '14',
      device_model: 'Pixel 8',
      sub_params: '{"clickid":"n1"}',
    })
  })

  it('with what its link says where it says nothing itself', () => {
    const { media_source, ...sourceless } = good
    expect(media_source).toBe('net')
    expect(row({ ...sourceless, link_id: 'lnk1' })).toMatchObject({
      media_source: 'net',
      campaign: 'c',
      ad_set: 'set',
      creative: 'cr',
    })
  })

  it('with whether it is retargeting: as it says itself, else as its link says', () => {
    expect(row({ ...good, is_retargeting: 'true', claimed_device_id: 'd1' })).toMatchObject({
      is_retargeting: true,
      claimed_device_id: 'd1',
    })
    expect(row({ ...good, link_id: 'lnk1' })).toMatchObject({ is_retargeting: true })
    expect(row({ ...good, link_id: 'lnk1', is_retargeting: false })).not.toHaveProperty('is_retargeting')
  })

  it('with an id derived from its content where it has a time', () => {
    const { touchpoint_id, ...anonymous } = good
    expect(touchpoint_id).toBe('t1')
    expect(row(anonymous).touchpoint_id).toBe(row(anonymous).touchpoint_id)
    const { touchpoint_time, ...untimed } = anonymous
    expect(touchpoint_time).toBe(NOW - 1000)
    expect(send([untimed, untimed])).toMatchObject({ accepted: 2, nonIdempotent: 2 })
  })
})

describe('a bad touchpoint is refused with code and field', () => {
  it.each<[string, unknown, string, string]>([
    ['no object', 1, 'not_an_object', ''],
    ['no type', { ...good, touchpoint_type: undefined }, 'missing', 'touchpoint_type'],
    ['an unknown type', { ...good, touchpoint_type: 'tap' }, 'invalid_value', 'touchpoint_type'],
    ['no source and no link', { ...good, media_source: '' }, 'missing', 'media_source'],
    ['a link that is not of this app', { ...good, media_source: null, link_id: 'other' }, 'unknown_link', 'link_id'],
    ['organic as source', { ...good, media_source: 'Organic' }, 'invalid_value', 'media_source'],
    ['a time in the far future', { ...good, touchpoint_time: NOW + 86_400_001 }, 'in_future', 'touchpoint_time'],
    ['neither true nor false', { ...good, is_retargeting: 'perhaps' }, 'invalid_value', 'is_retargeting'],
    ['no address', { ...good, ip: 'x' }, 'invalid_value', 'ip'],
    ['a number as campaign', { ...good, campaign: 5 }, 'wrong_type', 'campaign'],
    ['text as sub_params', { ...good, sub_params: 'a=b' }, 'wrong_type', 'sub_params'],
    ['sub_params over 8 KB', { ...good, sub_params: { a: 'x'.repeat(8192) } }, 'too_large', 'sub_params'],
  ])('%s', (_what, value, code, field) => {
    const result = send([good, value])
    expect(result.rejected).toMatchObject([{ index: 1, code, field }])
    expect(result.frames.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['touchpoint', 1],
      ['rejected', 1],
    ])
    expect(String(result.frames[1]?.payload)).toContain('"kind":"touchpoint"')
  })
})

it('names each link of a batch once, so that it can be looked up before', () => {
  expect(namedLinks(parse([{ link_id: 'a' }, { link_id: 'b' }, { link_id: 'a' }, { link_id: 5 }, null, 7]))).toEqual([
    'a',
    'b',
  ])
})
