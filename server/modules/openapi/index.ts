import { z } from 'zod'
import { restMultiTouchInput } from '#server/modules/attribution/index.ts'
import { EXPORT_KINDS, exportInput } from '#server/modules/exports/index.ts'
import { restQueryInput } from '#server/modules/reports/index.ts'
import { env } from '#server/platform/env.ts'
import { METRIC_NAMES, METRICS } from '#server/query/index.ts'
import { COMPONENTS, decisionAnswers, errorResponses, type Json } from './components.ts'
import { multiTouchSchema } from './multi-touch.ts'

const schemaOf = (schema: z.ZodType): Json => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return rest as Json
}

/** Query parameters of a strict object schema, one by one. */
function queryParameters(schema: z.ZodType): Json[] {
  const object = z
    .object({
      properties: z.record(z.string(), z.record(z.string(), z.json())),
      required: z.array(z.string()).optional(),
    })
    .parse(schemaOf(schema))
  return Object.entries(object.properties).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    required: object.required?.includes(name) ?? false,
    ...(description ? { description } : {}),
    schema: rest,
  }))
}

const pathParameter = (name: string, description: string, schema: Json = { type: 'string' }): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema,
})

/** What each metric is, so that a reader of the description needs no second page. */
const metricTable = METRIC_NAMES.map((name) => `- \`${name}\`: ${METRICS[name].formula}. ${METRICS[name].description}`)

/** The REST interface as an OpenAPI 3.1 document, made from the schemas that check the requests. */
export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'UnMoGrowP REST API',
      version: '1',
      description:
        'Figures, decisions and raw data of an organization. Authenticate with a secret key of the organization (Settings, API keys).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: env().WEB_URL.replace(/\/$/, '') }],
    security: [{ secretKey: [] }],
    paths: {
      '/api/v1/reports/query': {
        post: {
          operationId: 'queryReport',
          summary: 'Figures by dimensions',
          description: `Key scope: \`reports:read\`. \`from\` inclusive, \`to\` exclusive. Money in the organization's reporting currency. A ratio over zero is null; what cannot be known is null and named in \`meta.missing\`. Metrics:\n${metricTable.join('\n')}`,
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(restQueryInput) } } },
          responses: {
            200: {
              description: 'The report',
              content: { 'application/json': { schema: { $ref: '#/components/schemas/Report' } } },
            },
            ...errorResponses(400, 401, 403, 404, 413, 422, 503),
          },
        },
      },
      '/api/v1/multi-touch/query': {
        post: {
          operationId: 'queryMultiTouch',
          summary: 'Conversions shared among the touches before them, by every model',
          description:
            'Key scope: `reports:read`. Every conversion of the range with the clicks and views of its device (by click id, advertising id, idfv, customer user id, a network’s claim or a probable match) in the lookback window before it; a touch that the install names by its click id counts as of the install where a wrong clock dates it up to 24 hours later. In each model the rows add up to all conversions. `first_touch`, `last_touch`, `linear` (the same to every touch), `time_decay` (halves with every half-life before the conversion), `position_based` (two touches share evenly), `markov` (removal effects of a chain of order 1 to 3, over paths that converted), `markov_with_nulls` (over those too that never did), `shapley` (each path evenly among its distinct channels). Money in the organization’s reporting currency; what cannot be known is null and named in `meta.missing`. An event that the app never had is `not_found`. While too many models are being computed the answer is 503 with `Retry-After`.',
          requestBody: { required: true, content: { 'application/json': { schema: schemaOf(restMultiTouchInput) } } },
          responses: {
            200: {
              description: 'The models side by side',
              content: { 'application/json': { schema: multiTouchSchema } },
            },
            ...errorResponses(400, 401, 403, 404, 413, 422, 503),
          },
        },
      },
      '/api/v1/exports/{kind}': {
        get: {
          operationId: 'exportRows',
          summary: 'Raw data, streamed',
          description:
            'Key scope: `exports:read`. Without `limit` every row of the range, in no order; with it a page in order of time, and the next page’s cursor in the header `x-next-cursor`. Dated by install time (`installs`, `decisions`), event time, touchpoint time, or arrival (`rejected`). A stream that breaks off ends with an error, never as if it were complete.',
          parameters: [
            pathParameter('kind', 'What to export', { type: 'string', enum: [...EXPORT_KINDS] }),
            ...queryParameters(exportInput),
          ],
          responses: {
            200: {
              description: 'The rows',
              headers: { 'x-next-cursor': { description: 'Absent on the last page', schema: { type: 'string' } } },
              content: {
                'text/csv': { schema: { type: 'string' } },
                'application/x-ndjson': { schema: { type: 'string' } },
                'application/vnd.apache.parquet': { schema: { type: 'string', format: 'binary' } },
              },
            },
            ...errorResponses(401, 403, 404, 422, 503),
          },
        },
      },
      '/api/v1/apps/{app}/installs/{device_id}/decision': {
        get: {
          operationId: 'getDecision',
          summary: 'Why an install went where it went',
          description:
            'Key scope: `decisions:read`. The current decision with the rules it followed; with `history=true` all of them, newest first, under `decisions`. Beside it `reengagements`: the returns of the device since.',
          parameters: [
            pathParameter('app', 'Id or slug of the app'),
            pathParameter('device_id', 'The SDK’s install id'),
            { name: 'history', in: 'query', schema: { type: 'boolean', default: false } },
          ],
          responses: {
            200: {
              description: 'The decision, or all of them',
              content: {
                'application/json': {
                  schema: {
                    anyOf: decisionAnswers,
                  },
                },
              },
            },
            ...errorResponses(401, 403, 404, 503),
          },
        },
      },
    },
    components: COMPONENTS,
  }
}
