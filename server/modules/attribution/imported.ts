import { z } from 'zod'
import type { DecisionRow } from './decision-row.ts'
import { storedCandidateSchema, storedInstallSchema, storedRuleHitSchema } from './schema.ts'
import { settlesAt } from './verdict-columns.ts'

/** RFC 3339; a time without a zone, as ClickHouse writes it, is UTC. */
const time = z.string().transform((text, ctx) => {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? text : `${text}Z`
  const ms = Date.parse(zoned.replace(' ', 'T'))
  if (Number.isFinite(ms)) return new Date(ms).toISOString()
  ctx.addIssue({ code: 'custom', message: 'is not a time' })
  return z.NEVER
})
const text = z.string().max(10_000).default('')
const count = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 32 - 1)

/** A column that holds JSON: as text, which is how it is stored, or already read. */
function json(schema: z.ZodType) {
  return z.unknown().transform((value, ctx) => {
    let read = value
    try {
      if (typeof value === 'string') read = JSON.parse(value)
    } catch {
      ctx.addIssue({ code: 'custom', message: 'is not JSON' })
      return z.NEVER
    }
    const parsed = schema.safeParse(read)
    if (parsed.success) return { stored: typeof value === 'string' ? value : JSON.stringify(value), read }
    const [issue] = parsed.error.issues
    ctx.addIssue({ code: 'custom', message: `does not fit: ${issue?.path.join('.')} ${issue?.message}` })
    return z.NEVER
  })
}

const rowSchema = z.object({
  device_id: z.string().min(1).max(10_000),
  version: count,
  decision_id: z.string().min(1).max(200),
  decided_at: time,
  engine_version: z.string().min(1).max(100),
  settings_version: count,
  install_time: time,
  conversion_type: z.enum(['install', 'reinstall', 'reattribution']),
  outcome: z.enum(['attributed', 'organic']),
  match_type: z.enum(['', 'install_referrer', 'click_id', 'device_id', 'probabilistic']).default(''),
  touchpoint_id: text,
  touchpoint_type: z.enum(['', 'click', 'view']).default(''),
  touchpoint_time: time.nullish().transform((value) => value ?? null),
  link_id: text,
  media_source: z.string().min(1).max(10_000),
  campaign: text,
  ad_set: text,
  ad: text,
  creative: text,
  site_id: text,
  country: text,
  platform: text,
  os_version: text,
  app_version: text,
  environment: z.enum(['production', 'sandbox']),
  // Exports of decisions of engine 1 lack these four; every match was deterministic then.
  probability: z.coerce.number().min(0).max(1).optional(),
  is_retargeting: z
    .union([z.boolean(), z.enum(['true', 'false', '0', '1', '']), z.literal(0), z.literal(1)])
    .default(false)
    .transform((value) => value === true || value === 'true' || value === '1' || value === 1),
  settles_at: time.optional(),
  contributors: z.preprocess(
    (value) => (value === undefined || value === '' ? '[]' : value),
    json(z.array(storedCandidateSchema)),
  ),
  install: json(storedInstallSchema),
  candidates: json(z.array(storedCandidateSchema)),
  rule_hits: json(z.array(storedRuleHitSchema)),
  supersedes: text,
})

/**
 * Reads a row of the `decisions` export back into a row of the table, under the tenant it is imported to. The decision
 * keeps its id, version and reasons: it is the same decision, made elsewhere.
 * @param record the export's columns; JSON columns as text or already read
 * @throws ZodError naming the column that does not fit
 */
export function importedDecisionRow(tenant: { orgId: string; appId: string }, record: unknown): DecisionRow {
  const { install, contributors, candidates, rule_hits, settles_at, ...row } = rowSchema.parse(record)
  const { event_id, received_at } = storedInstallSchema.parse(install.read)
  return {
    org_id: tenant.orgId,
    app_id: tenant.appId,
    ...row,
    install_event_id: event_id,
    probability: row.probability ?? Number(row.match_type !== ''),
    settles_at: settles_at ?? settlesAt(received_at),
    install: install.stored,
    contributors: contributors.stored,
    candidates: candidates.stored,
    rule_hits: rule_hits.stored,
  }
}
