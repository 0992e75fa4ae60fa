import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { type AskableInstall, askedInstall, questionBody, signedHeaders } from './question.ts'

const install: AskableInstall = {
  deviceId: 'd1',
  installTime: '2026-11-22T12:00:00.000Z',
  environment: 'production',
  platform: 'ios',
  advertisingId: '',
  idfv: '6F9619FF-8B86-D011-B42D-00C04FC964FF',
  customerUserId: 'u1',
  ip: '192.0.2.1',
  userAgent: 'UA',
  osVersion: '18.1',
  deviceModel: '',
  country: 'DE',
  consent: '',
}

it('a question names device ids in the form in which they are compared, and leaves out what is not known', () => {
  expect(askedInstall(install, 'big_net')).toEqual({
    device_id: 'd1',
    install_time: '2026-11-22T12:00:00.000Z',
    platform: 'ios',
    idfv: '6f9619ff-8b86-d011-b42d-00c04fc964ff',
    os_version: '18.1',
    country: 'DE',
  })
})

it('an install that only its consent makes known is asked about with it and not without', () => {
  const anonymous = { ...install, idfv: '' }
  expect(askedInstall(anonymous, 'big_net')).toBeNull()
  expect(askedInstall({ ...anonymous, consent: '{"ads":true}' }, 'big_net')).toMatchObject({ ip: '192.0.2.1' })
  expect(askedInstall({ ...anonymous, consent: '{"ads":true}', ip: '', customerUserId: '' }, 'big_net')).toBeNull()
})

it('headers carry a signature by each secret over timestamp and body, as the documentation says', () => {
  const asked = askedInstall(install, 'big_net')
  if (!asked) throw new Error('It is asked about.')
  const body = questionBody({ appId: 'app_1', bundleId: 'com.example', storeId: null }, asked)
  const headers = signedHeaders(body, ['new', 'old'], 1_795_000_000_999, 'key')
  const mac = (secret: string) => createHmac('sha256', secret).update(`1795000000.${body}`).digest('hex')
  expect(headers).toMatchObject({
    'x-unmogrowp-timestamp': '1795000000',
    'x-unmogrowp-signature': `v1=${mac('new')},v1=${mac('old')}`,
    'idempotency-key': 'key',
  })
})
