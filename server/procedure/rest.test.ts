import { describe, expect, it } from 'vitest'
import { exportInput } from '#server/modules/exports/index.ts'
import { restQueryInput } from '#server/modules/reports/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { otherMethods, restInput, unknownRoute } from './index.ts'

/** The message and field a REST caller reads. */
function said(run: () => unknown): [string, string | undefined] {
  try {
    run()
  } catch (error) {
    if (error instanceof AppError) return [error.message, error.field]
    throw error
  }
  throw new Error('accepted')
}

describe('refused REST input', () => {
  const good = { app: 'shop', from: '2026-10-01', to: '2026-10-08', metrics: ['events'] }
  const report = (more: object) => said(() => restInput({ ...good, ...more }, restQueryInput))
  it('is explained in plain sentences with the field', () => {
    expect(report({ metrics: undefined })).toEqual(['metrics is missing: a list of metrics.', 'metrics'])
    expect(report({ metrics: 'events' })).toEqual(['metrics must be a list of metrics.', 'metrics'])
    expect(report({ limit: 0 })).toEqual(['limit is at least 1.', 'limit'])
    expect(report({ limit: 1.5 })).toEqual(['limit must be a whole number.', 'limit'])
    expect(report({ limit: 50_001 })).toEqual(['limit is at most 50000.', 'limit'])
    expect(report({ app: 7 })[0]).toMatch(/^app must be the app’s id or slug/)
    expect(report({ app: undefined })).toEqual(['app is missing: the app’s id or slug.', 'app'])
    expect(report({ from: '2026-02-30' })).toEqual(['The calendar has no day 2026-02-30.', 'from'])
    expect(report({ orderBy: [{ field: 'events', direction: 'up' }] })).toEqual([
      'direction must be asc or desc.',
      'orderBy.0.direction',
    ])
    expect(report({ filter: [] })).toEqual(['There is no field "filter". Remove it or correct its name.', undefined])
    expect(report({ timezone: 7 })).toEqual(['timezone must be text.', 'timezone'])
    expect(said(() => restInput([], restQueryInput))).toEqual(['The input must be an object.', undefined])
  })
  it('never shows the validator’s own words', () => {
    const wrong = [null, 7, '', {}, [], [null], [{}], [[]], -1, 1e99, 'x'.repeat(2000)]
    const messages = ['app', 'from', 'timezone', 'metrics', 'dimensions', 'filters', 'orderBy', 'limit'].flatMap(
      (name) =>
        wrong.flatMap((value) => {
          const { error } = restQueryInput.safeParse({ ...good, [name]: value })
          return error ? [report({ [name]: value })[0]] : []
        }),
    )
    messages.push(
      report({ filters: [{ dimension: 'campaign', operator: 'in', value: {} }] })[0],
      report({ filters: [{ operator: 'in', value: 'x' }] })[0],
      ...[{ limit: '0' }, { limit: '' }, { app: '' }, { cursor: 'x'.repeat(2001) }, { format: 'xml' }, { x: '1' }].map(
        (more) => said(() => restInput({ app: 'a', from: good.from, to: good.to, ...more }, exportInput))[0],
      ),
    )
    expect(messages.length).toBeGreaterThan(60)
    for (const message of messages)
      expect(message).not.toMatch(/Invalid|expected|received|Too (big|small)|Unrecognized/)
  })
})

describe('the API', () => {
  it('answers methods a route does not have with 405, their names and the error shape', async () => {
    const { PUT } = otherMethods('GET')
    const response = PUT(new Request('http://localhost/api/v1/openapi.json', { method: 'PUT' }))
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    const { error } = await response.json()
    expect(error).toEqual({
      code: 'method_not_allowed',
      message: 'This address does not take PUT. Use GET.',
      request_id: response.headers.get('x-request-id'),
    })
    const options = otherMethods('POST').OPTIONS()
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'POST, OPTIONS'])
  })
  it('answers unknown addresses with 404 in the error shape', async () => {
    const response = unknownRoute()
    expect(response.status).toBe(404)
    expect((await response.json()).error).toEqual({
      code: 'not_found',
      message: expect.stringContaining('openapi.json'),
      request_id: expect.stringMatching(/^req_/),
    })
  })
})
