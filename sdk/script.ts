import { type Client, init, type Options, VERSION } from './browser.ts'

/** What the script tag leaves on the page: `init`, and after it was called the client's functions, too. */
export type Global = Partial<Client> & {
  VERSION: string
  /** As the package's `init`; the endpoint is where the script came from unless it is given. */
  init(options: Omit<Options, 'endpoint'> & { endpoint?: string }): Client
}

declare global {
  interface Window {
    unmogrowp?: Global
  }
}

const source = document.currentScript
const origin = source instanceof HTMLScriptElement && source.src ? new URL(source.src).origin : location.origin
const unmogrowp: Global = {
  VERSION,
  init(options) {
    const client = init({ endpoint: origin, ...options })
    Object.assign(unmogrowp, client)
    return client
  },
}
window.unmogrowp = unmogrowp
