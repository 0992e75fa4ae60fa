import { DIMENSIONS } from './dimensions.ts'
import type { Filter } from './request.ts'
import type { TenantQuery } from './tenant-query.ts'

const natural = (expression: string) => `arrayMap(x -> toUInt32OrZero(x), splitByChar('.', ${expression}))`

/**
 * A filter as a condition.
 * @param expression the fact's own expression of the filter's dimension, a String
 */
export function filterCondition(query: TenantQuery, filter: Filter, expression: string): string {
  const [first = ''] = filter.values
  switch (filter.operator) {
    case 'eq':
      return `${expression} = ${query.bind('String', first)}`
    case 'neq':
      return `${expression} != ${query.bind('String', first)}`
    case 'in':
      return `${expression} in ${query.bind('Array(String)', filter.values)}`
    case 'not_in':
      return `${expression} not in ${query.bind('Array(String)', filter.values)}`
    case 'contains':
      return `positionCaseInsensitiveUTF8(${expression}, ${query.bind('String', first)}) > 0`
    case 'gt':
    case 'lt': {
      const sign = filter.operator === 'gt' ? '>' : '<'
      const value = query.bind('String', first)
      return DIMENSIONS[filter.dimension].kind === 'version'
        ? `${natural(expression)} ${sign} ${natural(value)}`
        : `${expression} ${sign} ${value}`
    }
  }
}
