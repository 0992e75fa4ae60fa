import { z } from 'zod'

/**
 * An e-mail address in the form accounts are kept under: trimmed, NFKC, lower case, so that one person has one account
 * however the address was typed.
 */
export const email = z
  .string({ error: 'Type your e-mail address.' })
  .max(254, { error: 'This is longer than any e-mail address.' })
  .transform((value) => value.normalize('NFKC').trim().toLowerCase())
  .pipe(z.email({ error: 'This is not an e-mail address. It looks like you@example.com.' }))

/** A new password's outer bounds; its strength is judged by passwords.ts. */
export const newPassword = z
  .string({ error: 'Type a password.' })
  .min(10, { error: 'Use at least 10 characters. A few unrelated words are easy to remember.' })
  .max(128, { error: 'Use at most 128 characters.' })

/** A password as typed at sign-in: whatever somebody tries, within bounds that keep hashing cheap. */
export const triedPassword = z.string().min(1).max(128)

/** A token from a mailed link. */
export const mailedToken = z.string().regex(/^[0-9A-Za-z]{40}$/)

export const signUpInput = z.object({
  email,
  password: newPassword,
  /** A random value this browser keeps, to be recognized by when the mailed link is opened. */
  browser: mailedToken.optional(),
})
export const signInInput = z.object({ email, password: triedPassword })
export const confirmInput = z.union([
  z.object({ token: mailedToken, browser: mailedToken.optional(), password: triedPassword.optional() }),
  z.object({
    email,
    browser: mailedToken.optional(),
    code: z
      .string()
      .transform((value) => value.replace(/\s/g, ''))
      .pipe(z.string().regex(/^\d{6}$/)),
  }),
])
export const requestResetInput = z.object({ email })
export const resetInput = z.object({
  /** Anything: a mangled token is answered as one that does not live. */
  token: z.string().max(200),
  password: newPassword,
})
