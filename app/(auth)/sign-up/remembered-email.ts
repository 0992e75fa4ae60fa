const KEY = 'unmogrowp.sign-up.email'

/** Keeps the address for the next page of the sign-up, in this tab only; not in the address bar, where logs would read it. */
export function rememberEmail(email: string): void {
  try {
    sessionStorage.setItem(KEY, email)
  } catch {
    // Storage may be switched off; the next page then asks for the address.
  }
}

/** The address this tab signed up with, or an empty text. */
export function rememberedEmail(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}
