import { expect, it } from 'vitest'
import { readUserAgent } from './user-agent.ts'

it.each([
  ['', '', '', ''],
  ['curl/8.5.0', 'web', '', ''],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36', 'web', '', ''],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15', 'web', '', ''],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
    'ios',
    '17.6.1',
    'iPhone',
  ],
  ['Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148', 'ios', '16.1', 'iPad'],
  [
    'Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007) AppleWebKit/537.36 Mobile',
    'android',
    '14',
    'SM-S918B',
  ],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile', 'android', '10', ''],
  ['Mozilla/5.0 (Android 13; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0', 'android', '13', ''],
  ['Dalvik/2.1.0 (Linux; U; Android 8.1.0; Moto G (5) Build/OPP28)', 'android', '8.1.0', 'Moto G (5)'],
  ['Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Mobile', 'web', '', ''],
])('reads platform, version and model of %j', (userAgent, platform, osVersion, deviceModel) => {
  expect(readUserAgent(userAgent)).toEqual({ platform, osVersion, deviceModel })
})
