import { frontError } from './errors.ts'

/**
 * Reads the text fields of a `multipart/form-data` body.
 * @param contentType the request's Content-Type, which names the boundary
 * @returns name and value of every field, in order
 * @throws EngineError 36 for a body that is no such form
 */
export function parseFormData(contentType: string, body: string): [name: string, value: string][] {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const mark = `--${boundary?.[1] ?? boundary?.[2] ?? ''}`
  if (boundary === null || !body.startsWith(mark))
    throw frontError('BAD_ARGUMENTS', 'The form in the body is malformed.')
  const fields: [string, string][] = []
  for (const part of `\r\n${body}`.split(`\r\n${mark}`).slice(1)) {
    if (part.startsWith('--')) return fields
    const blank = part.indexOf('\r\n\r\n')
    const name = /;\s*name="([^"]*)"/i.exec(part.slice(0, Math.max(0, blank)))?.[1]
    if (blank < 0 || name === undefined) throw frontError('BAD_ARGUMENTS', 'A part of the form has no name.')
    fields.push([name, part.slice(blank + 4)])
  }
  throw frontError('BAD_ARGUMENTS', 'The form in the body has no end.')
}
