const KEY = 'unmogrowp.sign-up.browser'
const LETTERS = 'abcdefghijklmnopqrstuvwxyz012345'

/**
 * A random value by which the server recognizes this browser when the mailed link is opened, in any tab of it.
 * @param make whether to make one when there is none
 */
export function browserToken(make = true): string | undefined {
  try {
    const kept = localStorage.getItem(KEY)
    if (kept || !make) return kept ?? undefined
    const token = [...crypto.getRandomValues(new Uint8Array(40))].map((byte) => LETTERS[byte % 32]).join('')
    localStorage.setItem(KEY, token)
    return token
  } catch {
    // Storage may be switched off; the link then asks for the password.
    return undefined
  }
}
