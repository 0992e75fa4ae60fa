import { z } from 'zod'
import { KEY_SCOPES } from '#server/authz/index.ts'
import { text } from '#server/platform/text.ts'

export const createKeyInput = z.object({
  name: text('The name', 80),
  scopes: z
    .array(z.enum(KEY_SCOPES, { error: `A scope is one of: ${KEY_SCOPES.join(', ')}.` }))
    .min(1, { error: 'Choose at least one scope.' })
    .max(KEY_SCOPES.length)
    .transform((scopes) => [...new Set(scopes)]),
})
