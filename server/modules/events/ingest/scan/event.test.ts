import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packFrame, unpackRows } from '#server/eventlog/packed/index.ts'
import type { IngestContext, IngestResult } from '../context.ts'
import { ingest, ingestEvents, parseNdjson, splitBody } from '../parse.ts'
import { anyLine, likeLines, NOW, plainLine } from '../testing/lines.ts'
import { viewed } from './bytes.ts'
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
        expect(scanEvent(viewed(body), 0, body.length, context)).toBe(true)
        expect(comparable(quickly(body, context))).toEqual(comparable(carefully(body, context)))
      }),
      { numRuns: 300 },
    )
  })

  it('gives the same for events that are nearly the event before, whatever differs', () => {
    fc.assert(
      fc.property(likeLines, contexts, fc.constantFrom('\n', '\r\n', '\n\n'), (lines, context, separator) => {
        const body = Buffer.from(lines.join(separator))
        expect(comparable(quickly(body, context))).toEqual(comparable(carefully(body, context)))
      }),
      { numRuns: 600 },
    )
  })

  it('gives the same for each event of a body as for the event alone', () => {
    const alone = (line: string) => {
      const [frame] = quickly(Buffer.from(line), device).frames
      return frame && unpackRows(frame.payload, frame.rows)[0]
    }
    fc.assert(
      fc.property(fc.array(plainLine, { minLength: 2, maxLength: 5 }), (lines) => {
        const [frame] = quickly(Buffer.from(lines.join('\n')), device).frames
        expect(frame && unpackRows(frame.payload, frame.rows)).toEqual(lines.map(alone))
      }),
      { numRuns: 200 },
    )
  })

  it.each([
    ['a text that grows into what was the next field', '"event_name":"a"', '"event_name":"ab"'],
    ['a number with one more digit at its end', '"event_name":"a","revenue":1', '"event_name":"a","revenue":10'],
    ['a field that is gone', '"event_name":"a","locale":"de","ip":"10.0.0.1"', '"event_name":"a"'],
    ['a field that is null', '"event_name":"a","locale":"de"', '"event_name":"a","locale":null'],
    ['an object that is empty', '"event_name":"a","properties":{"a":1}', '"event_name":"a","properties":{}'],
    ['another order', '"event_name":"a","locale":"de"', '"locale":"de","event_name":"a"'],
    ['other white space', '"event_name":"a","locale":"de"', '"event_name": "a" ,"locale":  "de"'],
    ['a field that is sent twice', '"event_name":"a","locale":"de"', '"event_name":"a","event_name":"a","locale":"de"'],
    ['a field that is missing', '"event_name":"a","locale":"de"', '"locale":"de"'],
    ['a field less before the one that is missing', '"locale":"de","event_name":"a"', '"locale":"de"'],
    ['a text that is not closed', '"event_name":"a","locale":"de"', '"event_name":"a","locale":"de'],
    ['an amount without currency', '"event_name":"a","revenue":1,"currency":"USD"', '"event_name":"a","revenue":1'],
  ])('takes nothing from the event before for %s', (_what, one, other) => {
    const lines = [one, other, one, one, other, other].map(
      (members, i) => `{"event_id":"e${i}","device_id":"d",${members}}`,
    )
    const body = Buffer.from(lines.join('\n'))
    for (const context of [device, server]) {
      expect(comparable(quickly(body, context))).toEqual(comparable(carefully(body, context)))
    }
  })

  it('takes nothing from the event before when one between them was parsed', () => {
    const line = (id: string, more: string) => `{"event_id":"${id}","event_name":"n","device_id":"d"${more}}`
    const body = Buffer.from(
      [line('a', ',"locale":"de"'), line('b', ',"other":1'), line('c', ',"locale":"de"')].join('\n'),
    )
    expect(comparable(quickly(body, device))).toEqual(comparable(carefully(body, device)))
  })

  it('does not look behind the body where that lies within other memory', () => {
    fc.assert(
      fc.property(plainLine, fc.nat({ max: 9 }), fc.constantFrom('"', '\\', '}', '1', ' '), (line, before, byte) => {
        const bytes = Buffer.from(line)
        const memory = Buffer.alloc(before + bytes.length + 16, byte)
        bytes.copy(memory, before)
        const part = memory.subarray(before, before + bytes.length)
        expect(comparable(quickly(part, device))).toEqual(comparable(carefully(bytes, device)))
      }),
      { numRuns: 200 },
    )
  })

  it('writes rows and their hashes as they are packed plainly', () => {
    fc.assert(
      fc.property(fc.array(plainLine, { minLength: 1, maxLength: 5 }), (lines) => {
        const [frame] = quickly(Buffer.from(lines.join('\n')), device).frames
        if (!frame) throw new Error('no frame')
        expect(frame.payload).toEqual(packFrame(unpackRows(frame.payload, frame.rows)).payload)
      }),
      { numRuns: 200 },
    )
  })

  it('never reads past its line', () => {
    fc.assert(
      fc.property(plainLine, fc.nat(), (line, place) => {
        const body = Buffer.from(line)
        const cut = place % Math.max(1, body.length - 2)
        expect(scanEvent(viewed(body), 0, cut, device)).toBe(false)
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
    expect(scanEvent(viewed(body), 0, body.length, device)).toBe(false)
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
