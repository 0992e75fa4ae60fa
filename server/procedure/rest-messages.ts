import { z } from 'zod'

const APP = 'app must be the app’s id or slug, 1 to 64 characters.'

/** The app a REST input is about. */
export const appName = z
  .string({ error: ({ input }) => (input === undefined ? 'app is missing: the app’s id or slug.' : APP) })
  .min(1, APP)
  .max(64, APP)

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}
const UNITS: Record<string, string> = { string: 'characters', array: 'entries' }

/**
 * What a REST caller reads where a schema has no words of its own: a plain sentence that names the field.
 * @returns undefined for what Zod's own text has to do for
 */
export function restMessage(issue: z.core.$ZodRawIssue): string | undefined {
  const name = issue.path?.join('.') || 'The input'
  switch (issue.code) {
    case 'unrecognized_keys': {
      const keys = issue.keys.map((key) => JSON.stringify(key)).join(', ')
      return `There is no field ${keys}. Remove it or correct its name.`
    }
    case 'invalid_type':
      if (issue.input === undefined) return `${name} is missing.`
      return `${name} must be ${KINDS[issue.expected] ?? issue.expected}.`
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`
      const unit = UNITS[issue.origin]
      return unit ? `${name} must have ${bound} ${unit}.` : `${name} must be ${bound}.`
    }
    case 'invalid_value':
      if (issue.input === undefined) return `${name} is missing.`
      return `${name} must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}.`
    case 'invalid_union':
      return issue.input === undefined ? `${name} is missing.` : `${name} has a value of the wrong kind.`
    default:
      return undefined
  }
}
