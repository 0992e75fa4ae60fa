import { DAY, type Tenant } from './tenants.ts'

const RANGE = { from: DAY, to: '2026-10-11' }
const AN_APP = { name: 'Another game', platform: 'ios', bundleId: 'com.example.another', storeId: '123456789' }
const A_LINK = {
  name: 'Another link',
  mediaSource: 'some_ads',
  campaign: 'some_campaign',
  fallbackUrl: 'https://example.com/',
}
const A_NETWORK = {
  claimUrl: 'https://claims.example.com/',
  clickWindowMs: 7 * 86_400_000,
  viewWindowMs: 86_400_000,
}
const SETTINGS = {
  clickLookbackMs: 86_400_000,
  viewLookbackMs: 86_400_000,
  probabilisticEnabled: true,
  probabilisticWindowMs: 6 * 3_600_000,
  reinstallWindowMs: 90 * 86_400_000,
  inactivityWindowMs: 7 * 86_400_000,
  reengagementLookbackMs: 7 * 86_400_000,
  model: 'last_touch',
  priorities: ['touchpoint_type', 'match_type', 'recency'],
  perMediaSource: {},
}
const RATES = 'day,base,quote,rate\n2026-10-09,EUR,GBP,0.87'
const COSTS = 'day,media_source,campaign,cost,currency\n2026-10-09,some_ads,some_campaign,1.5,USD'

/** How the matrix calls one procedure. */
export interface Call {
  /** A valid input beside `org` and `app`, for the tenant's own rows. */
  input?: (own: Tenant) => Record<string, unknown>
  /** Inputs that name another tenant's thing under one's own organization and app: refused or empty, never that thing. */
  foreign?: (other: Tenant) => Record<string, unknown>[]
}

/**
 * A row for every procedure of the router: a procedure that is not here fails the matrix.
 * Procedures without `org` are bound to the session or to nobody.
 */
export const CALLS: Record<string, Call> = {
  'account.me': {},
  'account.signUp': {},
  'account.requestPasswordReset': {},
  'account.resetPassword': {},
  'organizations.create': { input: () => ({ name: 'Another organization' }) },
  'organizations.get': {},
  'organizations.update': { input: (own) => ({ name: own.marker }) },
  'organizations.members': {},
  'apps.list': {},
  'apps.create': { input: () => AN_APP },
  'apps.get': {},
  'apps.update': { input: (own) => ({ name: `${own.marker} game` }) },
  'apps.ingestKeys': {},
  'apps.createIngestKey': {},
  'apps.rotateIngestKey': {
    input: (own) => ({ id: own.ingestKeyId, until: new Date(Date.now() + 3_600_000) }),
    foreign: (other) => [{ id: other.ingestKeyId, until: new Date() }],
  },
  'apps.revokeIngestKey': {
    input: (own) => ({ id: own.ingestKeyId }),
    foreign: (other) => [{ id: other.ingestKeyId }],
  },
  'keys.list': {},
  'keys.create': { input: () => ({ name: 'Another key', scopes: ['reports:read'] }) },
  'keys.rotate': {
    input: (own) => ({ id: own.secretKeyId, until: new Date(Date.now() + 3_600_000) }),
    foreign: (other) => [{ id: other.secretKeyId, until: new Date() }],
  },
  'keys.revoke': { input: (own) => ({ id: own.secretKeyId }), foreign: (other) => [{ id: other.secretKeyId }] },
  'links.list': { foreign: (other) => [{ search: other.marker }] },
  'links.get': { input: (own) => ({ linkId: own.linkId }), foreign: (other) => [{ linkId: other.linkId }] },
  'links.qr': { input: (own) => ({ linkId: own.linkId }), foreign: (other) => [{ linkId: other.linkId }] },
  'links.create': { input: () => A_LINK },
  'links.update': {
    input: (own) => ({ linkId: own.linkId, name: `${own.marker} link` }),
    foreign: (other) => [{ linkId: other.linkId, name: 'taken over' }],
  },
  'links.archive': {
    input: (own) => ({ linkId: own.linkId, archived: false }),
    foreign: (other) => [{ linkId: other.linkId, archived: true }],
  },
  'networks.list': {},
  'networks.create': {
    input: () => ({ mediaSource: 'another_network', claimUrl: 'https://claims.example.com/' }),
  },
  'networks.update': {
    input: (own) => ({ networkId: own.networkId, ...A_NETWORK }),
    foreign: (other) => [{ networkId: other.networkId, ...A_NETWORK }],
  },
  'networks.setEnabled': {
    input: (own) => ({ networkId: own.networkId, enabled: true }),
    foreign: (other) => [{ networkId: other.networkId, enabled: false }],
  },
  'networks.rotateSecret': {
    input: (own) => ({ networkId: own.networkId }),
    foreign: (other) => [{ networkId: other.networkId }],
  },
  'networks.claims': {
    input: (own) => ({ deviceId: own.deviceId }),
    foreign: (other) => [{ deviceId: other.deviceId }],
  },
  // The last of its room: afterwards the tenant's network is gone.
  'networks.delete': {
    input: (own) => ({ networkId: own.networkId }),
    foreign: (other) => [{ networkId: other.networkId }],
  },
  'attribution.settings': {},
  'attribution.updateSettings': {
    input: () => ({ ...SETTINGS, clickLookbackMs: 6 * 86_400_000, basedOnVersion: 1 }),
  },
  'attribution.decision': {
    input: (own) => ({ deviceId: own.deviceId, history: true }),
    foreign: (other) => [{ deviceId: other.deviceId }, { deviceId: other.deviceId, history: true }],
  },
  'attribution.installs': {
    input: () => ({ ...RANGE }),
    foreign: (other) => [
      { ...RANGE, search: other.deviceId },
      { ...RANGE, mediaSource: `${other.marker}_ads` },
    ],
  },
  'replays.list': {},
  'replays.get': {
    input: (own) => ({ id: own.replayIds.done }),
    foreign: (other) => Object.values(other.replayIds).map((id) => ({ id })),
  },
  'replays.comparison': {
    input: (own) => ({ id: own.replayIds.done }),
    foreign: (other) => [{ id: other.replayIds.done }],
  },
  'replays.create': { input: () => ({ name: 'Another what-if', ...RANGE, settings: SETTINGS }) },
  'replays.cancel': {
    input: (own) => ({ id: own.replayIds.waiting }),
    foreign: (other) => [{ id: other.replayIds.waiting }],
  },
  'replays.keep': {
    input: (own) => ({ id: own.replayIds.done, keep: true }),
    foreign: (other) => [{ id: other.replayIds.done, keep: true }],
  },
  'replays.discard': {
    input: (own) => ({ id: own.replayIds.spare }),
    foreign: (other) => [{ id: other.replayIds.done }, { id: other.replayIds.spare }],
  },
  'replays.adopt': {
    // attribution.updateSettings has saved version 2 before.
    input: (own) => ({ id: own.replayIds.done, from: DAY, overVersion: 2 }),
    foreign: (other) => [{ id: other.replayIds.done, from: DAY, overVersion: 2 }],
  },
  'reports.query': {
    input: () => ({
      ...RANGE,
      metrics: ['installs', 'clicks', 'revenue', 'cost', 'events'],
      dimensions: ['media_source', 'campaign'],
    }),
    foreign: (other) => [
      {
        ...RANGE,
        metrics: ['installs', 'clicks', 'events'],
        dimensions: ['media_source'],
        filters: [{ dimension: 'media_source', operator: 'eq', value: `${other.marker}_ads` }],
      },
      {
        ...RANGE,
        metrics: ['clicks'],
        dimensions: ['campaign'],
        filters: [{ dimension: 'campaign', operator: 'contains', value: "' or org_id != '" }],
      },
    ],
  },
  'reports.catalogue': {},
  'reports.dimensionValues': {
    input: () => ({ ...RANGE, dimension: 'campaign' }),
    foreign: (other) => [{ ...RANGE, dimension: 'campaign', search: other.marker }],
  },
  'multiTouch.touchModels': { input: () => ({ ...RANGE, level: 'campaign' }) },
  'multiTouch.dataDriven': { input: () => ({ ...RANGE }) },
  'multiTouch.paths': {
    input: () => ({ ...RANGE }),
    foreign: (other) => [{ ...RANGE, conversion: `${other.marker}_event` }],
  },
  'doors.adjust': {},
  'doors.saveAdjust': {
    input: () => ({ appToken: '4w565xzmb54d', tokenAlone: true, events: [{ token: 'f0ob4r', name: 'purchase' }] }),
  },
  'doors.removeAdjust': {},
  'doors.unnamedAdjustTokens': {},
  'events.live': {
    input: () => ({ limit: 10 }),
    foreign: (other) => [
      { limit: 10, filters: { search: other.deviceId } },
      { limit: 10, filters: { eventName: `${other.marker}_event` } },
    ],
  },
  'events.raw': { input: (own) => ({ eventId: own.eventId }), foreign: (other) => [{ eventId: other.eventId }] },
  'events.first': {},
  'events.rejected': { input: () => ({ limit: 10 }) },
  'events.names': {},
  'imports.list': {},
  'imports.get': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'imports.begin': { input: () => ({ fileName: 'another.csv', bytes: 10 }) },
  'imports.upload': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'imports.finish': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'imports.preview': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'imports.start': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'imports.cancel': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'imports.remove': { input: (own) => ({ id: own.importId }), foreign: (other) => [{ id: other.importId }] },
  'rates.list': {},
  'rates.import': { input: () => ({ csv: RATES }) },
  'usage.get': {},
  'ingestion.overview': { input: () => ({ window: '7d' }) },
  'ingestion.health': {},
  'ingestion.replay': { input: () => ({ code: 'none of this reason' }) },
  'ingestion.replayOne': {
    input: (own) => ({ rejectedId: `${own.marker}-rejected` }),
    foreign: (other) => [
      { rejectedId: `${other.marker}-rejected` },
      { rejectedId: `${other.marker}-rejected`, raw: '{}' },
    ],
  },
  'costs.import': { input: () => ({ csv: COSTS }) },
}
