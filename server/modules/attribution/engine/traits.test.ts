import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compatibleTraits, networkOf } from './traits.ts'

describe('the network of an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '20010db800010002'],
    ['2001:0DB8:0001:0002::1', '20010db800010002'],
    ['2001:db8::1', '20010db800000000'],
    ['2001:db8:1:2::', '20010db800010002'],
    ['::1', '0000000000000000'],
    ['64:ff9b::203.0.113.7', '0064ff9b00000000'],
  ])('of %s is %s', (ip, network) => expect(networkOf(ip)).toBe(network))

  it.each([
    [''],
    [null],
    [undefined],
    ['unknown'],
    ['256.1.1.1'],
    ['1.2.3'],
    ['1.2.3.4.5'],
    ['2001:db8'],
    ['2001:db8::1::2'],
    ['2001:db8:1:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::8'],
    ['g::1'],
    ['::ffff:300.1.1.1'],
  ])('of %s is none', (ip) => expect(networkOf(ip)).toBeNull())

  it('is one for the whole /64 and another beside it', () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16))
    fc.assert(
      fc.property(fc.array(group, { minLength: 12, maxLength: 12 }), (groups) => {
        const prefix = groups.slice(0, 4)
        const [a, b] = [groups.slice(4, 8), groups.slice(8, 12)].map((host) =>
          networkOf([...prefix, ...host].join(':')),
        )
        expect(a).toBe(b)
        const beside = [...groups.slice(0, 3), groups[3] === '0' ? '1' : '0', ...groups.slice(4, 8)].join(':')
        expect(networkOf(beside)).not.toBe(a)
      }),
    )
  })
})

describe('of one device can be', () => {
  const device = (platform: string, osVersion: string | null, deviceModel: string | null) => ({
    platform,
    osVersion,
    deviceModel,
  })
  const cases: [title: string, seen: ReturnType<typeof device>, known: ReturnType<typeof device>, can: boolean][] = [
    ['the same phone', device('android', '15', 'Pixel 8'), device('android', '15', 'Pixel 8'), true],
    ['models in another case', device('android', '15', 'pixel 8'), device('android', '15', 'Pixel 8'), true],
    ['another model', device('android', '15', 'Pixel 8'), device('android', '15', 'Pixel 9'), false],
    ['another release', device('android', '14', 'Pixel 8'), device('android', '15', 'Pixel 8'), false],
    ['a release and its API level', device('android', '14', 'Pixel 8'), device('android', '34', 'Pixel 8'), true],
    ['a release and another API level', device('android', '15', 'Pixel 8'), device('android', '34', 'Pixel 8'), false],
    ['Android 12 and API level 32', device('android', '12', null), device('android', '32', null), true],
    ['Chrome’s reduced user agent and any Android', device('android', '10', ''), device('android', '16', 'X'), true],
    ['an old phone that names itself and a new one', device('android', '10', 'Y'), device('android', '16', 'X'), false],
    ['what says nothing of version and model', device('ios', null, ''), device('ios', '18.6', 'iPhone14,5'), true],
    ['a browser on an iPhone', device('ios', '18.5', 'iPhone'), device('ios', '18.5', 'iPhone14,5'), true],
    ['an iPad and an iPhone', device('ios', '18.5', 'iPad'), device('ios', '18.5', 'iPhone14,5'), false],
    ['a missing patch level', device('ios', '18.5.1', 'iPhone'), device('ios', '18.5', 'iPhone14,5'), true],
    ['another minor version', device('ios', '18.4', 'iPhone'), device('ios', '18.5', 'iPhone14,5'), false],
    ['Safari’s frozen version and iOS 26', device('ios', '18.6', 'iPhone'), device('ios', '26.1', 'iPhone14,5'), true],
    ['an older version and iOS 26', device('ios', '18.5', 'iPhone'), device('ios', '26.1', 'iPhone14,5'), false],
    ['two systems', device('ios', null, null), device('android', null, null), false],
    ['a desktop and a phone', device('web', null, null), device('ios', null, null), false],
    ['what does not say its system', device('', null, null), device('', null, null), false],
  ]
  it.each(cases)('%s', (_, seen, known, can) => expect(compatibleTraits(seen, known)).toBe(can))
})
