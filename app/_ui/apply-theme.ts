/** What a person can choose; `system` follows the device. */
export type Theme = 'light' | 'dark' | 'system'

/**
 * Sets the theme now and for a year of later visits; the server reads the cookie, so nothing flashes. In a file of its own,
 * because the public pages use it without the console's icons and components.
 */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent in Firefox and over plain http
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`
}
