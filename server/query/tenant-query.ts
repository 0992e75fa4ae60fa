import type { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import { type ClickHouseClient, clickhouse } from '#server/stores/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { queryError } from './errors.ts'
import { observeQuery } from './observe.ts'
import { assertScoped, type TenantTable, tablePredicate } from './tables.ts'

/** ClickHouse types a value may be bound as. */
export type ParameterType =
  | 'String'
  | 'Array(String)'
  | 'UInt8'
  | 'UInt32'
  | 'UInt64'
  | 'Int64'
  | 'Date'
  | 'Array(UInt64)'

/** Which surface asked, for the engine's log and our metrics. */
export interface QueryOrigin {
  /** `report`, `events`, `export`, … */
  surface: string
  requestId?: string
  /** Ends the query when the caller has gone. */
  signal?: AbortSignal
}

/** Per-query limits: a tenant's question may not take the machine from the others. */
const LIMITS = {
  max_execution_time: 20,
  max_memory_usage: '2000000000',
  max_result_rows: '200000',
  result_overflow_mode: 'throw',
} as const

/**
 * The only way to tenants' rows in ClickHouse. A query is made for one scope; every table in it comes from {@link table},
 * which carries the scope's predicate, and every value goes through {@link bind}. Identifiers come from code, never from input.
 */
export class TenantQuery {
  readonly scope: TenantScope
  readonly #parameters: Record<string, unknown> = {}
  readonly #client: ClickHouseClient | undefined
  #bound = 0

  /**
   * @param scope what the caller may see, from session or key
   * @param client another client than the process's own, for tests and tools
   */
  constructor(scope: TenantScope, client?: ClickHouseClient) {
    this.scope = scope
    this.#client = client
    this.#parameters.org = scope.orgId
    if (scope.apps?.length === 1) this.#parameters.app = scope.apps[0]
    else if (scope.apps) this.#parameters.apps = [...scope.apps]
    if (scope.mediaSources) this.#parameters.media_sources = [...scope.mediaSources]
  }

  /** The values bound so far, by name. */
  get parameters(): Readonly<Record<string, unknown>> {
    return this.#parameters
  }

  /**
   * Binds a value and returns its placeholder, such as `{p1:String}`.
   * @throws AppError invalid for text with a NUL character: the embedded engine reads parameters as C strings
   */
  bind(type: ParameterType, value: string | number | readonly string[] | readonly number[]): string {
    if ((Array.isArray(value) ? value : [value]).some((one) => typeof one === 'string' && one.includes('\0'))) {
      throw new AppError('invalid', 'A value contains a NUL character. Remove it.')
    }
    this.#bound += 1
    const name = `p${this.#bound}`
    this.#parameters[name] = value
    return `{${name}:${type}}`
  }

  /**
   * A tenant table as a subquery that holds the scope's rows and no others.
   * @param name the table
   * @param columns what to read of it
   * @param where more conditions, written by code with bound values
   */
  table(name: TenantTable, columns: readonly string[] = ['*'], where: readonly string[] = []): string {
    const predicate = tablePredicate(name, this.scope)
    const conditions = [predicate, ...where.map((condition) => `(${condition})`)]
    return `(select ${columns.join(', ')} from ${name} where ${conditions.join(' and ')})`
  }

  /**
   * Runs the query and checks every row.
   * @throws AppError `invalid` when it asks for more than the limits allow, `unavailable` when the engine cannot be reached
   */
  async rows<T>(sql: string, schema: z.ZodType<T>, origin: QueryOrigin): Promise<T[]> {
    const started = performance.now()
    try {
      const result = await this.client().query({
        query: sql,
        format: 'JSONEachRow',
        ...this.options(sql, origin),
      })
      const rows = await result.json<unknown>()
      observeQuery(origin.surface, 'ok', performance.now() - started)
      return rows.map((row) => schema.parse(row))
    } catch (error) {
      observeQuery(origin.surface, 'error', performance.now() - started)
      throw queryError(error, origin.signal)
    }
  }

  /** Settings, parameters and tag of a statement; refuses a tenant table without the predicate. */
  options(sql: string, origin: QueryOrigin) {
    assertScoped(sql, this.scope)
    return {
      query_params: this.#parameters,
      // Long filter lists do not fit into an address.
      use_multipart_params_auto: true,
      ...(origin.signal ? { abort_signal: origin.signal } : {}),
      clickhouse_settings: {
        ...LIMITS,
        log_comment: JSON.stringify({
          surface: origin.surface,
          org: this.scope.orgId,
          ...(origin.requestId ? { request_id: origin.requestId } : {}),
        }),
      },
    }
  }

  /** The client the query runs on. */
  client(): ClickHouseClient {
    return this.#client ?? clickhouse()
  }
}

/**
 * Narrows a scope to one app.
 * @throws AppError not_found when the app is outside the scope
 */
export function appScope(scope: TenantScope, appId: NonNullable<TenantScope['apps']>[number]): TenantScope {
  if (scope.apps && !scope.apps.includes(appId)) {
    throw new AppError('not_found', 'There is no such app, or you have no access to it.')
  }
  return { ...scope, apps: [appId] }
}
