import { KEY_SCOPES, ROLES, type Role } from '#server/authz/index.ts'
import { createPerson, createUser } from '#server/modules/account/index.ts'
import { createApp } from '#server/modules/apps/index.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import { createLink, createLinkInput } from '#server/modules/links/index.ts'
import { createNetwork, createNetworkInput } from '#server/modules/networks/index.ts'
import { createOrganization } from '#server/modules/organizations/index.ts'
import { type AppId, newId, type OrgId, type UserId } from '#server/platform/ids.ts'
import { createLogger } from '#server/platform/logger.ts'
import type { RequestContext } from '#server/procedure/index.ts'
import type { ClickHouseClient, PrismaClient } from '#server/stores/index.ts'

/** A whole tenant: organization, people of every role, an app with rows in every store. */
export interface Tenant {
  /** Stands in every name and value of the tenant, so that a leak shows in any answer. */
  marker: string
  orgId: OrgId
  org: string
  appId: AppId
  app: string
  ingestKeyId: string
  ingestKey: string
  secretKeyId: string
  secretKey: string
  linkId: string
  /** A network that was asked about the tenant's device. */
  networkId: string
  /** A file that waits to be imported; its bytes are the test's business. */
  importId: string
  /** What-ifs that wait to be cancelled, kept and adopted, and discarded; the second one has a row of a result. */
  replayIds: { waiting: string; done: string; spare: string }
  deviceId: string
  eventId: string
  users: Record<Role, UserId>
}

/** The day the rows of every tenant lie on. */
export const DAY = '2026-10-10'
const TIME = `${DAY}T12:00:00.000Z`

/** Makes a tenant with rows in Postgres and ClickHouse that all carry its marker. */
export async function makeTenant(marker: string, admin: PrismaClient, clickhouse: ClickHouseClient): Promise<Tenant> {
  const owner = await createPerson(`owner@${marker}.example`, admin)
  const { orgId, slug: org } = await createOrganization({ name: marker, ownerId: owner.userId }, admin)
  const users = { owner: owner.userId } as Record<Role, UserId>
  for (const role of ROLES)
    if (role !== 'owner') users[role] = (await createUser(orgId, `${role}@${marker}.example`, role, admin)).userId
  const {
    appId,
    slug: app,
    ingestKey,
  } = await createApp(
    orgId,
    { name: `${marker} game`, platform: 'android', bundleId: `com.${marker}.game`, storeId: null },
    admin,
  )
  const ingestKeyId = (await admin.ingestKey.findFirstOrThrow({ where: { appId } })).id
  const { keyId: secretKeyId, secretKey } = await createSecretKey(
    orgId,
    { name: `${marker} key`, scopes: [...KEY_SCOPES] },
    admin,
  )
  const { linkId } = await createLink(
    { orgId, appId },
    createLinkInput.parse({
      name: `${marker} link`,
      mediaSource: `${marker}_ads`,
      campaign: `${marker}_campaign`,
      fallbackUrl: `https://${marker}.example/`,
    }),
    admin,
  )
  const importId = newId('import')
  await admin.import.create({
    data: {
      ...{ id: importId, orgId, appId, kind: 'events', format: 'csv', fileName: `${marker}.csv`, fileBytes: 100 },
      ...{ fingerprint: marker, uploaded: true, status: 'ready' },
    },
  })
  const replayIds = { waiting: newId('replay'), done: newId('replay'), spare: newId('replay') }
  for (const [name, id] of Object.entries(replayIds)) {
    await admin.attributionReplay.create({
      data: {
        ...{ id, orgId, appId, name: `${marker} ${name}`, periodFrom: DAY, periodTo: '2026-10-11', timezone: 'UTC' },
        ...{ settings: { clickLookbackMs: 86_400_000 }, basedOnVersion: 1 },
        ...{ status: name === 'waiting' ? 'queued' : 'done', finishedAt: new Date() },
      },
    })
  }
  const deviceId = `${marker}-device`
  const eventId = `${marker}-event`
  const networkInput = { mediaSource: `${marker}_network`, claimUrl: `https://${marker}.example/claims` }
  const { networkId } = await createNetwork({ orgId, appId }, createNetworkInput.parse(networkInput), { client: admin })
  await admin.networkClaim.create({
    data: {
      ...{ orgId, appId, networkId, deviceId, state: 'failed', install: {}, expiresAt: new Date(TIME) },
      error: `${marker} did not answer`,
    },
  })
  const tenant = { org_id: orgId, app_id: appId }
  const loaded = { request_id: `${marker}-request`, log_id: `${marker}-log`, log_position: '1' }
  const insert = (table: string, row: Record<string, unknown>) =>
    clickhouse.insert({
      table,
      values: [{ ...tenant, ...row }],
      format: 'JSONEachRow',
      clickhouse_settings: { date_time_input_format: 'best_effort' },
    })
  const touchpoint = {
    touchpoint_id: `${marker}-click`,
    touchpoint_type: 'click',
    media_source: `${marker}_ads`,
    campaign: `${marker}_campaign`,
    link_id: linkId,
  }
  await insert('events', {
    event_id: eventId,
    event_name: `${marker}_event`,
    event_time: TIME,
    received_at: TIME,
    environment: 'production',
    platform: 'android',
    device_id: deviceId,
    country: 'DE',
    revenue: 5,
    currency: 'USD',
    properties: JSON.stringify({ secret: marker }),
    ...loaded,
  })
  await insert('touchpoints', { ...touchpoint, touchpoint_time: TIME, received_at: TIME, ...loaded })
  await insert('rejected_events', {
    rejected_id: `${marker}-rejected`,
    kind: 'event',
    received_at: TIME,
    code: 'invalid',
    field: 'event_name',
    message: marker,
    raw: marker,
    ...loaded,
  })
  await insert('decisions', {
    device_id: deviceId,
    version: 1,
    decision_id: `${marker}-decision`,
    decided_at: TIME,
    engine_version: '1',
    settings_version: 1,
    install_event_id: eventId,
    install_time: TIME,
    conversion_type: 'install',
    outcome: 'attributed',
    match_type: 'click_id',
    ...touchpoint,
    environment: 'production',
    install: JSON.stringify(storedInstall(deviceId, eventId)),
    candidates: '[]',
    rule_hits: '[]',
  })
  await insert('replay_decisions', {
    replay_id: replayIds.done,
    device_id: deviceId,
    install_time: TIME,
    media_source: `${marker}_ads`,
    campaign: `${marker}_campaign`,
    before_media_source: `${marker}_ads`,
    before_campaign: `${marker}_other_campaign`,
    written_at: TIME,
  })
  await insert('costs', {
    day: DAY,
    media_source: `${marker}_ads`,
    campaign: `${marker}_campaign`,
    cost: 3,
    currency: 'USD',
    imported_at: TIME,
  })
  await clickhouse.insert({
    table: 'exchange_rates',
    values: [{ org_id: orgId, base: 'EUR', quote: 'USD', day: DAY, rate: marker.length + 0.123, imported_at: TIME }],
    format: 'JSONEachRow',
    clickhouse_settings: { date_time_input_format: 'best_effort' },
  })
  return {
    marker,
    orgId,
    org,
    appId,
    app,
    ingestKeyId,
    ingestKey,
    secretKeyId,
    secretKey,
    linkId,
    networkId,
    importId,
    replayIds,
    deviceId,
    eventId,
    users,
  }
}

/** The install as a decision keeps it. */
function storedInstall(deviceId: string, eventId: string) {
  const absent = [
    'advertising_id',
    'idfv',
    'customer_user_id',
    'install_referrer',
    'referrer_click_id',
    'referrer_click_time',
    'install_begin_time',
    'referrer_click_time_server',
    'install_begin_time_server',
    'ip',
    'country',
    'os_version',
    'app_version',
    'device_model',
    'user_agent',
    'click_id',
  ]
  return {
    ...Object.fromEntries(absent.map((name) => [name, null])),
    event_id: eventId,
    device_id: deviceId,
    install_time: TIME,
    received_at: TIME,
    platform: 'android',
    environment: 'production',
  }
}

/** What a request of this person carries; null: nobody is signed in. */
export function requestOf(userId: UserId | null): RequestContext {
  return {
    requestId: newId('request'),
    user: userId ? { userId, sessionId: 'ses_test', email: 'person@example.com', name: null } : null,
    ip: '192.0.2.1',
    userAgent: 'test',
    log: createLogger('test', 'silent'),
  }
}
