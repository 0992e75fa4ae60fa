import fc from 'fast-check'

/** When the generated events arrive, in Unix milliseconds. */
export const NOW = Date.UTC(2026, 9, 25, 12)

const word = fc.stringMatching(/^[A-Za-z0-9_.:-]{1,40}$/)
const anyText = fc.oneof(
  word,
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', ' ', '\u3000', 'x'.repeat(101), '購'.repeat(60), 'a\u0000b', '\ud800', 'tab\there', '__proto__'),
)
const number = fc.oneof(
  fc.integer(),
  fc.integer({ min: 0, max: 100 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -1_000_000, max: 100_000_000 }).map((cents) => cents / 100),
)
/** Numbers as senders write them, right and wrong. */
const numeral = fc.oneof(
  number.map(String),
  fc.constantFrom('-0', '-0.0', '1.50', '1e400', '1E2', '01', '.5', '5.', '+1', 'NaN', '0.0000001', '0.000001'),
  fc.constantFrom('12345678901234567890', '123456789.123456789', '9007199254740993', '100000000000', '0.1234567'),
)
const plainTime = fc.oneof(
  fc.integer({ min: NOW - 40 * 86_400_000, max: NOW }).map(String),
  fc.integer({ min: NOW - 40 * 86_400_000, max: NOW }).map((time) => JSON.stringify(new Date(time).toISOString())),
)
const time = fc.oneof(
  plainTime,
  fc.constantFrom('0', '-1', '1795000000', `${NOW + 86_400_000}`, `${NOW + 86_400_001}`, '1e12', '1761393600000.5'),
  fc.constantFrom(
    '2026-02-29T10:00:00Z',
    '2024-02-29T10:00:00.5Z',
    '2026-10-25T12:00:60Z',
    '2026-10-25T14:00:00+02:00',
  ),
  fc.constantFrom(
    '"2026-02-29T10:00:00.000Z"',
    '"2024-02-29T10:00:00Z"',
    '"1999-12-31T23:59:59Z"',
    '"2200-01-01T00:00:00Z"',
  ),
)
const json = fc.oneof(
  fc.json({ maxDepth: 3, stringUnit: 'grapheme' }),
  fc
    .dictionary(word, fc.oneof(word, number, fc.boolean(), fc.constant(null)), { maxKeys: 8 })
    .map((each) => JSON.stringify(each)),
  fc.dictionary(word, number, { maxKeys: 4 }).map((each) => JSON.stringify(each, null, 2).replaceAll('\n', ' ')),
  numeral.map((each) => `{"a":${each},"b":[${each}, ${each}]}`),
  fc.constantFrom(
    '{}',
    '{ }',
    '[]',
    '{"a":1,"a":2}',
    '{"1":1,"0":2}',
    '{"a":"\\u0041\\/"}',
    '{"a":"\\n\\"\\\\"}',
    '{"__proto__":{"a":1}}',
  ),
)
const quoted = (texts: fc.Arbitrary<string>) => texts.map((text) => JSON.stringify(text))

/** Every field of the contract as JSON text: values that need no careful look, and any values at all. */
const FIELDS: Record<string, readonly [plain: fc.Arbitrary<string>, any: fc.Arbitrary<string>]> = {
  ...Object.fromEntries(
    [
      'event_id',
      'event_name',
      'device_id',
      'advertising_id',
      'idfv',
      'customer_user_id',
      'click_id',
      'install_referrer',
      'user_agent',
      'os_version',
      'app_version',
      'sdk_version',
      'device_model',
      'locale',
    ].map((name) => [name, [quoted(word), quoted(anyText)] as const]),
  ),
  ip: [quoted(fc.constantFrom('203.0.113.7', '2001:db8::1', '')), quoted(fc.oneof(fc.ipV4(), fc.ipV6(), anyText))],
  event_time: [plainTime, time],
  referrer_click_time: [fc.oneof(plainTime, fc.constant('0')), time],
  install_begin_time: [plainTime, time],
  referrer_click_time_server: [plainTime, time],
  install_begin_time_server: [plainTime, time],
  platform: [quoted(fc.constantFrom('ios', 'android', 'web')), quoted(fc.constantFrom('ios', 'iOS', 'windows', ''))],
  environment: [quoted(fc.constantFrom('production', 'sandbox')), quoted(fc.constantFrom('sandbox', 'test', ''))],
  country: [quoted(fc.constantFrom('DE', 'us', '')), quoted(fc.constantFrom('DEU', '1a', 'é', 'D'))],
  currency: [quoted(fc.constantFrom('USD', 'eur')), quoted(fc.constantFrom('XXQ', '', 'US', 'usd'))],
  revenue: [fc.constantFrom('9.99', '0', '-4.5', '100', '123456789.123456'), numeral],
  properties: [
    fc.constantFrom('{"level":3,"mode":"story","tags":["a","b\\n"],"deep":{"x":null,"y":true}}', '{ "a" : 1 }', '{}'),
    json,
  ],
  consent: [fc.constantFrom('{"ads":true}', '{"ads": false}'), json],
}
const NEEDED = ['event_id', 'event_name', 'device_id', 'currency']

const member = ([name, value]: readonly [string, string]) => `${JSON.stringify(name)}:${value}`

/** Events that are right and hold nothing unusual, in any order of their keys, as one line. */
export const plainLine: fc.Arbitrary<string> = fc
  .record(Object.fromEntries(Object.entries(FIELDS).map(([name, [plain]]) => [name, plain])), { requiredKeys: NEEDED })
  .chain((event) => fc.shuffledSubarray(Object.entries(event), { minLength: Object.keys(event).length }))
  .chain((members) =>
    fc.constantFrom(
      `{${members.map(member).join(',')}}`,
      ` { ${members.map(([name, value]) => `${JSON.stringify(name)} : ${value}`).join(' , ')} }\r`,
    ),
  )

const oddFields: Record<string, fc.Arbitrary<string>> = {
  ...Object.fromEntries(
    Object.entries(FIELDS).map(([name, [plain, any]]) => [
      name,
      fc.oneof({ weight: 6, arbitrary: plain }, { weight: 2, arbitrary: any }, fc.constantFrom('null', '5', '[1]')),
    ]),
  ),
  unknown_field: json,
}

/** Texts that are nearly events: any values, unknown and repeated keys, nulls. */
const oddLine: fc.Arbitrary<string> = fc
  .record(oddFields, { requiredKeys: NEEDED })
  .chain((event) => fc.shuffledSubarray(Object.entries(event), { minLength: 3 }))
  .chain((members) =>
    fc.constantFrom(
      members,
      [...members, ...members.slice(0, 1)],
      [...members, ['__proto__', '{"event_id":"evil"}'] as const],
    ),
  )
  .map((members) => `{${members.map(member).join(',')}}`)

/** Any line: plain, odd, or with a few characters changed. */
export const anyLine: fc.Arbitrary<string> = fc
  .oneof(
    plainLine,
    oddLine,
    fc
      .tuple(
        fc.oneof(plainLine, oddLine),
        fc.array(
          fc.tuple(
            fc.nat(),
            fc.constantFrom(
              '',
              '"',
              '\\',
              '{',
              '}',
              '[',
              ']',
              ',',
              ':',
              ' ',
              '\t',
              '0',
              '-',
              'é',
              '\ud800',
              '\u0001',
              'e1',
            ),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
      )
      .map(([line, changes]) =>
        changes.reduce((text, [place, sign]) => {
          const at = place % (text.length + 1)
          return text.slice(0, at) + sign + text.slice(at + (place % 2))
        }, line),
      ),
    fc.json(),
  )
  .map((line) => line.replaceAll('\n', ' '))

/** A few characters of a line changed, put in or left out. */
const change = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.stringMatching(/^[a-z0-9"{}:, \\]{0,3}$/))

/** Lines of one body that differ little, as one sender's do: some are the line before, some have other values or fields. */
export const likeLines: fc.Arbitrary<string[]> = fc
  .tuple(
    fc.array(plainLine, { minLength: 1, maxLength: 2 }),
    fc.array(fc.tuple(fc.nat(), fc.array(change, { maxLength: 2 })), { minLength: 2, maxLength: 8 }),
  )
  .map(([lines, copies]) =>
    copies.map(([which, changes]) =>
      changes.reduce(
        (text, [place, gone, put]) => {
          const at = place % (text.length + 1)
          return text.slice(0, at) + put + text.slice(at + gone)
        },
        lines[which % lines.length] ?? '',
      ),
    ),
  )
