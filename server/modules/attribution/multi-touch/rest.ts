import type { QueryOrigin } from '#server/query/index.ts'
import { DATA_DRIVEN_MODELS, MULTI_TOUCH_MODELS } from '../models/index.ts'
import { figures, type MultiTouchRow } from './answer.ts'
import type { MultiTouchInput } from './schema.ts'
import { dataDrivenModels, type MultiTouchSubject, touchModels } from './service.ts'

/**
 * The REST answer: every model side by side in the contract's spelling. A model that could not be solved is absent from the
 * rows and named in `meta.missing`.
 * @throws AppError as both
 */
export async function multiTouchRest(subject: MultiTouchSubject, input: MultiTouchInput, origin: QueryOrigin) {
  const touch = await touchModels(subject, input, origin)
  const driven = await dataDrivenModels(subject, input, origin)
  const { missing, grouped, ...meta } = touch.meta
  const unsolved = driven.missing.map(({ figure }) => figure)
  const solved = DATA_DRIVEN_MODELS.filter((model) => !unsolved.includes(model))
  const valued = !missing.some(({ figure }) => figure === 'value')
  const credits = new Map(driven.rows.map((row) => [row.key, row.credits]))
  const none = { conversions: 0, value: 0 }
  const rows = touch.rows.map((row): MultiTouchRow => {
    const own = solved.map(
      (model) => [model, figures(credits.get(row.key)?.[model] ?? none, row.cost, valued)] as const,
    )
    return { ...row, models: { ...row.models, ...Object.fromEntries(own) } }
  })
  const { withTouch, costPerConversion, ...totals } = touch.totals
  return {
    rows: rows.map((row) => ({
      kind: row.kind,
      media_source: row.mediaSource,
      ...(row.campaign === null ? {} : { campaign: row.campaign }),
      ...(row.ad === null ? {} : { ad: row.ad }),
      cost: row.cost,
      models: Object.fromEntries(
        MULTI_TOUCH_MODELS.flatMap((model) => {
          const one = row.models[model]
          if (!one) return []
          const { conversions, value, roas } = one
          return [[model, { conversions, value, roas, cost_per_conversion: one.costPerConversion }]]
        }),
      ),
    })),
    totals: { ...totals, with_touch: withTouch, nulls: driven.nulls, cost_per_conversion: costPerConversion },
    meta: { ...meta, other_channels: grouped, missing: [...missing, ...driven.missing] },
  }
}
