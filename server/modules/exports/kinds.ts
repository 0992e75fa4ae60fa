import { currentDecisions, type DecisionColumn, type TenantQuery } from '#server/query/index.ts'
import type { ExportKind } from './schema.ts'

/** What a kind of raw data is made of. */
interface KindSource {
  /** Columns in the order of the file. */
  columns: readonly string[]
  /** What dates a row and, with `id`, gives it its place. */
  time: string
  id: string
  /** The rows as a subquery. */
  rows(query: TenantQuery, where: readonly string[]): string
}

const HIERARCHY = ['media_source', 'campaign', 'ad_set', 'ad', 'creative', 'site_id'] as const
const DECISION = [
  'version',
  'decision_id',
  'decided_at',
  'engine_version',
  'settings_version',
  'install_time',
  'conversion_type',
  'outcome',
  'match_type',
  'touchpoint_id',
  'touchpoint_type',
  'touchpoint_time',
  'link_id',
  ...HIERARCHY,
  'country',
  'platform',
  'os_version',
  'app_version',
  'environment',
  'probability',
  'is_retargeting',
  'settles_at',
] as const satisfies readonly DecisionColumn[]
const EXPLANATION = [
  'install',
  'contributors',
  'candidates',
  'rule_hits',
  'supersedes',
] as const satisfies readonly DecisionColumn[]

const EVENT = [
  'event_id',
  'event_name',
  'event_time',
  'received_at',
  'is_late',
  'environment',
  'platform',
  'device_id',
  'advertising_id',
  'idfv',
  'customer_user_id',
  'click_id',
  'install_referrer',
  'referrer_click_time',
  'install_begin_time',
  'referrer_click_time_server',
  'install_begin_time_server',
  'ip',
  'user_agent',
  'os_version',
  'app_version',
  'sdk_version',
  'device_model',
  'locale',
  'country',
  'revenue',
  'currency',
  'properties',
  'consent',
] as const

const TOUCHPOINT = [
  'touchpoint_id',
  'touchpoint_type',
  'touchpoint_time',
  'received_at',
  'link_id',
  ...HIERARCHY,
  'sub_params',
  'advertising_id',
  'idfv',
  'customer_user_id',
  'ip',
  'user_agent',
  'platform',
  'os_version',
  'device_model',
  'country',
  'is_retargeting',
  'claimed_device_id',
] as const

const REJECTED = ['rejected_id', 'kind', 'received_at', 'code', 'field', 'message', 'raw'] as const

/** Every kind of raw data. `installs` are the current decisions, `decisions` all of them. */
export const KINDS: Record<ExportKind, KindSource> = {
  installs: {
    columns: ['device_id', ...DECISION],
    time: 'install_time',
    id: 'device_id',
    rows: (query, where) => currentDecisions(query, DECISION, where),
  },
  decisions: {
    columns: ['device_id', ...DECISION, ...EXPLANATION],
    time: 'install_time',
    id: 'decision_id',
    // A decision that was written twice by a repeated step is one decision.
    rows: (query, where) =>
      `(select * from ${query.table('decisions', ['*'], where)} limit 1 by app_id, device_id, version)`,
  },
  events: {
    columns: EVENT,
    time: 'event_time',
    id: 'event_id',
    rows: (query, where) => query.table('events', EVENT, where),
  },
  touchpoints: {
    columns: TOUCHPOINT,
    time: 'touchpoint_time',
    id: 'touchpoint_id',
    rows: (query, where) => query.table('touchpoints', TOUCHPOINT, where),
  },
  rejected: {
    columns: REJECTED,
    time: 'received_at',
    id: 'rejected_id',
    rows: (query, where) => query.table('rejected_events', REJECTED, where),
  },
}
