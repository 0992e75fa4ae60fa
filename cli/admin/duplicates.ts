import { z } from 'zod'
import { clickhouse } from '#server/stores/index.ts'
import { lateDuplicates } from '#workers/loader/duplicates.ts'
import { type Command, define, required } from './define.ts'
import type { Product } from './product.ts'

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'is no day; write it as YYYY-MM-DD')
  .optional()

/**
 * `duplicates`: events of an app that are there more than once, because their ids came again when they were not remembered
 * any more (8 days at least).
 * @param find the app a command names, with its organization
 */
export function duplicatesCommand(
  find: (product: Product, appId: string) => Promise<{ orgId: string; appId: string }>,
): Command {
  return define(
    'duplicates',
    '--app ID [--from DAY] [--to DAY]  (days of arrival in UTC, --to not included)',
    { app: required, from: day, to: day },
    async (product, { app, from, to }) => {
      const { orgId, appId } = await find(product, app)
      const found = await lateDuplicates(clickhouse(), {
        orgId,
        appId,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      })
      return { ids: found.length, duplicates: found }
    },
  )
}
