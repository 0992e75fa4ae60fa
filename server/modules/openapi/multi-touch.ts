import { MULTI_TOUCH_MODELS } from '#server/modules/attribution/index.ts'
import type { Json } from './components.ts'

const nullableNumber: Json = { type: ['number', 'null'] }
const money = (description: string): Json => ({ type: ['number', 'null'], description })

const credit: Json = {
  type: 'object',
  required: ['conversions', 'value', 'roas', 'cost_per_conversion'],
  properties: {
    conversions: {
      type: 'number',
      description: 'The row’s share; fractions of conversions are the nature of most models',
    },
    value: nullableNumber,
    roas: nullableNumber,
    cost_per_conversion: nullableNumber,
  },
}

/** The answer of `POST /api/v1/multi-touch/query`. */
export const multiTouchSchema: Json = {
  type: 'object',
  required: ['rows', 'totals', 'meta'],
  properties: {
    rows: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kind', 'media_source', 'cost', 'models'],
        properties: {
          kind: {
            type: 'string',
            enum: ['channel', 'organic', 'other'],
            description: '`organic`: conversions that no touch precedes; `other`: rare channels together',
          },
          media_source: { type: 'string' },
          campaign: { type: 'string' },
          ad: { type: 'string' },
          cost: money('Imported costs of the range; null where none were imported'),
          models: {
            type: 'object',
            description: 'A model that could not be solved is absent and named in `meta.missing`',
            properties: Object.fromEntries(MULTI_TOUCH_MODELS.map((model) => [model, credit])),
          },
        },
      },
    },
    totals: {
      type: 'object',
      properties: {
        conversions: { type: 'number' },
        with_touch: { type: 'number', description: 'Conversions that at least one touch precedes' },
        nulls: {
          type: 'number',
          description: 'Journeys that never converted: what `markov_with_nulls` learns from too',
        },
        value: nullableNumber,
        cost: nullableNumber,
        roas: nullableNumber,
        cost_per_conversion: nullableNumber,
      },
    },
    meta: {
      type: 'object',
      properties: {
        currency: { type: 'string', description: 'ISO 4217' },
        timezone: { type: 'string', description: 'IANA name' },
        from: { type: 'string', format: 'date' },
        to: { type: 'string', format: 'date' },
        cut: { type: 'number', description: 'Conversions with more than 200 touches, of which the latest count' },
        other_channels: { type: 'boolean', description: 'Whether rare channels stand together' },
        missing: {
          type: 'array',
          items: {
            type: 'object',
            required: ['figure', 'reason', 'message', 'partial'],
            properties: {
              figure: { type: 'string' },
              reason: { type: 'string' },
              message: { type: 'string' },
              currencies: { type: 'array', items: { type: 'string' } },
              partial: { type: 'boolean' },
            },
          },
        },
      },
    },
  },
}
