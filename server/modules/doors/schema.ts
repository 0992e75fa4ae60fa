import { z } from 'zod'
import { text } from '#server/platform/text.ts'

/** Adjust writes tokens in letters and digits: 12 of them for an app, 6 for an event. */
const TOKEN = /^[A-Za-z0-9]{4,32}$/
const MOST_EVENTS = 1000

const eventRow = z.object({
  token: z.string().trim().regex(TOKEN, { error: 'An event token is 4 to 32 letters and digits, such as f0ob4r.' }),
  name: text('The event name', 100),
})

/** What the form "Adjust" sends: the app's token over there and a name for each event token. */
export const adjustSettingsInput = z.object({
  appToken: z
    .string()
    .trim()
    .regex(TOKEN, { error: 'An app token is 4 to 32 letters and digits, such as 4w565xzmb54d.' }),
  tokenAlone: z.boolean(),
  events: z
    .array(eventRow)
    .max(MOST_EVENTS, { error: `At most ${MOST_EVENTS} event tokens have names.` })
    .superRefine((rows, ctx) => {
      const seen = new Set<string>()
      for (const [index, { token }] of rows.entries()) {
        if (seen.has(token)) {
          ctx.addIssue({
            code: 'custom',
            path: [index, 'token'],
            message: `The event token ${token} stands here twice.`,
          })
        }
        seen.add(token)
      }
    }),
})
export type AdjustSettingsInput = z.output<typeof adjustSettingsInput>

/** Event token at Adjust -> event name here, as the row holds it. */
export const eventNamesSchema = z.record(z.string(), z.string())
