declare global {
  var __webpack_nonce__: string | undefined
}

/**
 * Dialogs lock scrolling by a style element that they insert. Its library reads the nonce for it from this global, as bundlers
 * set it; without it the content security policy would refuse the element. Call once before a dialog can open.
 */
export function allowInjectedStyles(): void {
  if (typeof document === 'undefined') return
  globalThis.__webpack_nonce__ ??= document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce
}
