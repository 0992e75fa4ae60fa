import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { INDEX_ENTRY, packFrame, unpackRows } from '#server/eventlog/packed/index.ts'
import type { IngestContext, IngestResult } from '../context.ts'
import { ingest, ingestEvents, parseNdjson, splitBody } from '../parse.ts'
import { anyLine, NOW, plainLine } from '../testing/lines.ts'
import { scanEvent } from './event.ts'

const device: IngestContext = {
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'android',
  receivedAt: NOW,
  requestId: 'req_1',
  fromServer: false,
  ip: '203.0.113.9',
  userAgent: 'agent/é',
  countryOf: (ip) => (ip.startsWith('203.') ? 'DE' : ''),
}
const server: IngestContext = { ...device, fromServer: true, keyed: true }
const contexts = fc.constantFrom(device, server)

/** What the careful path makes of a body, whose items are all parsed. */
const carefully = (body: Buffer, context: IngestContext) => ingest(parseNdjson(body), 'event', context)
const quickly = (body: Buffer, context: IngestContext) => ingestEvents(splitBody(body, 'ndjson'), context)

/** Ids that are drawn at random differ between two runs: rows that have one are not compared. */
function comparable({ frames, ...rest }: IngestResult) {
  return rest.nonIdempotent > 0
    ? rest
    : { ...rest, frames: frames.map(({ payload, ...frame }) => ({ ...frame, payload: payload.toString('latin1') })) }
}

describe('scanning an event', () => {
  it('gives byte for byte what parsing it gives, or leaves it to that', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { minLength: 1, maxLength: 4 }), contexts, (lines, context) => {
        const body = Buffer.from(lines.join('\n'))
        expect(comparable(quickly(body, context))).toEqual(comparable(carefully(body, context)))
      }),
      { numRuns: 400 },
    )
  })

  it('takes every plain event, so that none of those is parsed', () => {
    fc.assert(
      fc.property(plainLine, contexts, (line, context) => {
        const body = Buffer.from(line)
        expect(scanEvent(body, 0, body.length, context)).toBe(true)
        expect(comparable(quickly(body, context))).toEqual(comparable(carefully(body, context)))
      }),
      { numRuns: 300 },
    )
  })

  it('writes rows as they are packed plainly', () => {
    fc.assert(
      fc.property(plainLine, contexts, (line, context) => {
        const [frame] = quickly(Buffer.from(line), context).frames
        if (!frame) throw new Error('no frame')
        const plain = packFrame(unpackRows(frame.payload, frame.rows)).payload
        expect(frame.payload.subarray(INDEX_ENTRY)).toEqual(plain.subarray(INDEX_ENTRY))
      }),
      { numRuns: 200 },
    )
  })

  it('never reads past its line', () => {
    fc.assert(
      fc.property(plainLine, fc.nat(), (line, place) => {
        const body = Buffer.from(line)
        const cut = place % Math.max(1, body.length - 2)
        expect(scanEvent(body, 0, cut, device)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['an escape in a text', '"event_name":"a\\u0041"'],
    ['an escape in a key', '"event\\u005fname":"a"'],
    ['a repeated key', '"event_name":"a","event_name":"b"'],
    ['an unknown field', '"event_name":"a","level":1'],
    ['a repeated key in properties', '"event_name":"a","properties":{"a":1,"a":2}'],
    ['keys of properties that would move', '"event_name":"a","properties":{"b":1,"1":2}'],
    ['a number that would be written otherwise', '"event_name":"a","properties":{"a":1.50}'],
  ])('leaves %s to the careful path, which accepts it', (_what, members) => {
    const body = Buffer.from(`{"event_id":"e","device_id":"d",${members}}`)
    expect(scanEvent(body, 0, body.length, device)).toBe(false)
    expect(quickly(body, device)).toMatchObject({ accepted: 1, rejected: [] })
  })
})

describe('the key of a row', () => {
  const keyOf = (deviceId: string, context: IngestContext) => {
    const [frame] = quickly(Buffer.from(`{"event_id":"e","event_name":"n","device_id":"${deviceId}"}`), context).frames
    return frame?.payload.readUInt32LE(20)
  }

  it('follows from the device where the log has partitions, and is 0 where it has none', () => {
    expect(keyOf('d1', server)).toBe(keyOf('d1', server))
    expect(keyOf('d1', server)).not.toBe(keyOf('d2', server))
    expect(keyOf('d1', device)).toBe(0)
  })
})
