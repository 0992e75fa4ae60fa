/** Why one event or touchpoint was not accepted. Clients and the console rely on these words. */
export type RefusalCode =
  | 'invalid_json'
  | 'invalid_utf8'
  | 'not_an_object'
  | 'missing'
  | 'wrong_type'
  | 'invalid_value'
  | 'invalid_time'
  | 'in_future'
  | 'too_long'
  | 'too_large'
  | 'too_deep'
  | 'unknown_currency'
  | 'unknown_link'
  | 'internal'

/** Thrown by the validators for one bad event. Not an Error: batches hold thousands, and a stack trace costs more than the check. */
export class Refusal {
  readonly code: RefusalCode
  readonly message: string
  readonly field: string

  constructor(code: RefusalCode, message: string, field = '') {
    this.code = code
    this.message = message
    this.field = field
  }
}
