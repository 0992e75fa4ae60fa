import { z } from 'zod'
import { storedCandidateSchema, storedInstallSchema, storedRuleHitSchema } from '#server/modules/attribution/index.ts'
import { DIMENSION_NAMES, DIMENSIONS, METRIC_NAMES, METRICS } from '#server/query/index.ts'

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const ERRORS: Record<number, string> = {
  400: 'The body is not JSON',
  401: 'No valid secret key',
  403: 'The key lacks the scope',
  404: 'There is no such thing, or it is another organization’s',
  413: 'The body is too large',
  422: 'The input does not fit; the field is named',
  503: 'A store cannot be reached; try again after Retry-After',
}

/** The error answers of a route. */
export function errorResponses(...statuses: number[]): { [status: string]: Json } {
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: ERRORS[status] ?? 'An error',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  )
}

const nullable = (type: string): Json => ({ type: [type, 'null'] })
const text: Json = { type: 'string' }
const time = { type: 'string', format: 'date-time' } satisfies Json

const decisionSchema: Json = { $ref: '#/components/schemas/Decision' }
const reengagements: Json = {
  type: 'array',
  description: 'Returns of the device since, newest first, at most 100',
  items: { $ref: '#/components/schemas/Reengagement' },
}

/** The answers about an install: its current decision, or all of them; beside it the returns of the device. */
export const decisionAnswers: Json[] = [
  { allOf: [decisionSchema, { type: 'object', properties: { reengagements } }] },
  { type: 'object', properties: { decisions: { type: 'array', items: decisionSchema }, reengagements } },
]

/** A schema of stored rows as JSON Schema, as it is answered. */
function answered(schema: z.ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' })
  return rest as Json
}

const candidate: Json = { $ref: '#/components/schemas/Candidate' }
const ruleHits: Json = { type: 'array', items: { $ref: '#/components/schemas/RuleHit' } }
const milliseconds: Json = { type: 'integer', description: 'Milliseconds' }

const sourceRules: Json = {
  type: 'object',
  description: 'What is absent follows the app',
  properties: {
    click_lookback_ms: milliseconds,
    view_lookback_ms: milliseconds,
    probabilistic_window_ms: milliseconds,
    view_through_enabled: { type: 'boolean' },
    probabilistic_enabled: { type: 'boolean' },
  },
}

const row: Json = {
  type: 'object',
  description: 'Dimensions are text, metrics numbers or null.',
  properties: Object.fromEntries([
    ...DIMENSION_NAMES.map((name): [string, Json] => [
      name,
      { type: 'string', description: DIMENSIONS[name].description },
    ]),
    ...METRIC_NAMES.map((name): [string, Json] => [
      name,
      { type: ['number', 'null'], description: METRICS[name].formula },
    ]),
  ]),
}

const missing: Json = {
  type: 'object',
  required: ['metric', 'reason', 'message', 'partial'],
  properties: {
    metric: { type: 'string', enum: [...METRIC_NAMES] },
    reason: { type: 'string', enum: ['no_exchange_rate', 'no_costs_imported', 'dimension_not_available'] },
    message: text,
    currencies: { type: 'array', items: text },
    dimensions: { type: 'array', items: text },
    partial: { type: 'boolean', description: 'Whether some rows have the figure all the same' },
  },
}

/** What the paths refer to. */
export const COMPONENTS: Json = {
  securitySchemes: { secretKey: { type: 'http', scheme: 'bearer', description: 'A secret key, sk_…' } },
  schemas: {
    Error: {
      type: 'object',
      required: ['error'],
      properties: {
        error: {
          type: 'object',
          required: ['code', 'message', 'request_id'],
          properties: { code: text, message: text, field: text, request_id: text },
        },
      },
    },
    Report: {
      type: 'object',
      required: ['rows', 'meta'],
      properties: {
        rows: { type: 'array', items: row },
        meta: {
          type: 'object',
          required: ['currency', 'timezone', 'from', 'to', 'missing', 'truncated'],
          properties: {
            currency: { type: 'string', description: 'ISO 4217' },
            timezone: { type: 'string', description: 'IANA name' },
            from: { type: 'string', format: 'date' },
            to: { type: 'string', format: 'date' },
            missing: { type: 'array', items: missing },
            truncated: { type: 'boolean', description: 'Whether there are more rows than limit' },
            incomplete_from: { type: 'string', format: 'date', description: 'First day that is not over yet' },
          },
        },
      },
    },
    Candidate: answered(storedCandidateSchema),
    RuleHit: answered(storedRuleHitSchema),
    AttributionSettings: {
      type: 'object',
      description: 'The rules that a decision followed',
      properties: {
        version: { type: 'integer' },
        click_lookback_ms: milliseconds,
        view_lookback_ms: milliseconds,
        probabilistic_enabled: { type: 'boolean' },
        probabilistic_window_ms: milliseconds,
        probability_needed: { type: 'number', description: 'From which on a probabilistic match counts' },
        reinstall_window_ms: milliseconds,
        inactivity_window_ms: milliseconds,
        reengagement_lookback_ms: milliseconds,
        model: { type: 'string', enum: ['last_touch', 'first_touch'] },
        priorities: {
          type: 'array',
          description: 'The steps in which candidates were compared, first to last',
          items: { type: 'string', enum: ['touchpoint_type', 'match_type', 'recency'] },
        },
        effective_from: { type: ['string', 'null'], format: 'date-time' },
        per_media_source: {
          type: 'object',
          description: 'Own rules of the candidates’ media sources',
          additionalProperties: sourceRules,
        },
      },
    },
    Reengagement: {
      type: 'object',
      description: 'A return of the inactive device that a touchpoint brought about, by the current decision about it',
      properties: {
        conversion_id: text,
        conversion_time: time,
        decision_id: text,
        decided_at: time,
        version: { type: 'integer' },
        engine_version: text,
        settings_version: { type: 'integer' },
        last_active_at: { type: ['string', 'null'], format: 'date-time' },
        is_retargeting: { type: 'boolean' },
        settles_at: time,
        candidates: { type: 'array', items: candidate },
        rule_hits: ruleHits,
        winner: { oneOf: [candidate, { type: 'null' }] },
        supersedes: nullable('string'),
      },
    },
    Decision: {
      type: 'object',
      properties: {
        decision_id: text,
        version: { type: 'integer', description: '1 for the first decision about an install' },
        decided_at: time,
        engine_version: text,
        settings_version: { type: 'integer' },
        install: answered(storedInstallSchema),
        conversion_type: { type: 'string', enum: ['install', 'reinstall', 'reattribution'] },
        outcome: { type: 'string', enum: ['attributed', 'organic'] },
        reason: {
          type: 'string',
          enum: ['click_won', 'view_won', 'nothing_matched', 'every_match_refused', 'decided_elsewhere'],
        },
        match_type: nullable('string'),
        probability: { type: 'number', description: 'Of the winner; 1 where nothing was guessed, 0 without a winner' },
        is_retargeting: { type: 'boolean', description: 'Whether a retargeting touchpoint won' },
        winner: { oneOf: [candidate, { type: 'null' }] },
        contributors: {
          type: 'array',
          description: 'Up to three touchpoints of other media sources that could have won, too, latest first',
          items: candidate,
        },
        candidates: { type: 'array', description: 'In rank order, at most the best 100', items: candidate },
        rule_hits: ruleHits,
        settles_at: { ...time, description: 'Until then whatever arrives late decides again' },
        supersedes: nullable('string'),
        settings: {
          oneOf: [{ $ref: '#/components/schemas/AttributionSettings' }, { type: 'null' }],
          description: 'Null where another product decided',
        },
      },
    },
  },
}
