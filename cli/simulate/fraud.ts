import { CAMPAIGNS, type Campaign, FRAUD_SITES } from './campaigns.ts'
import type { Person } from './people.ts'
import type { Random } from './random.ts'

/**
 * The field's kinds of fraud. In the first three somebody really came, by himself or by another ad, and a publisher
 * steals the credit; in the others a publisher delivers an install nobody wanted.
 */
export const FRAUD_KINDS = [
  /** Clicks are sent for a person all week long, in the hope of an organic install: a flat click-to-install time. */
  'click_flooding',
  /** One person "clicks" dozens of times in the two hours before an install that an earlier click had caused. */
  'hyper_engagement',
  /** Malware sees the download begin and sends a click seconds before the first open; the store's times tell. */
  'click_injection',
  /** Shelves of one phone model behind few addresses, their ids reset for each install. */
  'device_farm',
  /** A script calls the API: no SDK version, no device model, no OS version. */
  'sdk_spoofing',
  /** An emulator installs within four seconds of the click. */
  'bots',
  /** The device sits in a data centre. */
  'anonymous_ip',
  /** The advertising id is not a UUID. */
  'invalid_ids',
] as const

export type FraudKind = (typeof FRAUD_KINDS)[number]

/** Kinds that can happen to this person. Injection needs Android; theft by device id needs a device id. */
export function possibleKinds({ platform, findable }: Person): readonly FraudKind[] {
  return FRAUD_KINDS.filter((kind) => {
    if (kind === 'click_injection') return platform === 'android'
    return kind === 'click_flooding' || kind === 'hyper_engagement' ? findable : true
  })
}

/** Campaigns with a fraudulent publisher. */
export const FRAUD_CAMPAIGNS: readonly Campaign[] = CAMPAIGNS.filter(({ campaign }) => campaign in FRAUD_SITES)

/** Addresses of data centres and of the farm's router come from the ranges that documentation may use. */
const DATA_CENTRES = ['198.51.100', '203.0.113'] as const
const FARM = '192.0.2'

/** The person as the fraudster presents him. */
export function disguise(person: Person, kind: FraudKind, r: Random): Person {
  switch (kind) {
    case 'device_farm':
      return {
        ...person,
        ip: `${FARM}.${1 + r.below(4)}`,
        model: person.platform === 'ios' ? 'iPhone12,8' : 'moto g54',
      }
    case 'anonymous_ip':
      return { ...person, ip: `${r.pick(DATA_CENTRES)}.${1 + r.below(254)}` }
    case 'invalid_ids': {
      const advertisingId = r.uuid().replaceAll('-', '').slice(0, 15)
      return { ...person, advertisingId, networkIds: { advertising_id: advertisingId }, findable: true }
    }
    default:
      return person
  }
}

/** How likely such a device comes back, compared with an honest one. */
export function fraudRetention(kind: FraudKind | null): number {
  if (kind === 'device_farm' || kind === 'bots') return 0.05
  return kind === 'sdk_spoofing' || kind === 'invalid_ids' ? 0.3 : 1
}
