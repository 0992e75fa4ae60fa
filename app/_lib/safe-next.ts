/**
 * Where to go after signing in: a path of this site, never another one.
 * @param given the `next` parameter of the address, as anybody may have written it
 */
export function safeNext(given: string | null | undefined, fallback = '/'): string {
  if (!given?.startsWith('/') || /^\/[/\\]/.test(given) || /[\t\r\n]/.test(given)) return fallback
  return given
}
