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
const time: Json = { type: 'string', format: 'date-time' }

export const decisionSchema: Json = { $ref: '#/components/schemas/Decision' }

const candidate: Json = {
  type: 'object',
  properties: {
    touchpoint_id: text,
    touchpoint_type: { type: 'string', enum: ['click', 'view'] },
    touchpoint_time: time,
    media_source: text,
    campaign: nullable('string'),
    match_type: nullable('string'),
    eligible: { type: 'boolean' },
    refused_by: nullable('string'),
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
    Decision: {
      type: 'object',
      properties: {
        decision_id: text,
        decided_at: time,
        engine_version: text,
        settings_version: { type: 'integer' },
        install: { type: 'object' },
        outcome: { type: 'string', enum: ['attributed', 'organic'] },
        match_type: nullable('string'),
        winner: { oneOf: [candidate, { type: 'null' }] },
        candidates: { type: 'array', items: candidate },
        supersedes: nullable('string'),
      },
    },
  },
}
