import { localStore } from './browser/local-store.ts'
import { exclusively } from './browser/lock.ts'
import { createClient } from './core/client.ts'
import type { Platform } from './core/platform.ts'
import { createPost } from './core/transport.ts'
import type { Client, Options } from './core/types.ts'
import { VERSION } from './version.ts'

export type { Client, ConsentDetails, DeepLink, Options, Rejection, TrackOptions } from './core/types.ts'
export { VERSION } from './version.ts'

function browserPlatform({ key, endpoint }: Options): Platform {
  const name = `unmogrowp.${key}.`
  const post = createPost({ key, endpoint, keyIn: 'query' })
  return {
    store: localStore(name),
    post,
    exclusively: (work) => exclusively(name, work),
    isOnline: () => navigator.onLine !== false,
    // A page that the browser prepares ahead of a click that may never come is no visit.
    ready:
      'prerendering' in document && document.prerendering
        ? new Promise((resolve) => document.addEventListener('prerenderingchange', resolve, { once: true }))
        : undefined,
    fields: () => ({ platform: 'web', sdk_version: `web-${VERSION}`, locale: navigator.language }),
    url: () => location.href,
    everyUrlIsLink: false,
    listen({ active, away, online }) {
      document.addEventListener('visibilitychange', () => (document.hidden ? away(false) : active()))
      addEventListener('pagehide', () => away(true))
      addEventListener('online', online)
    },
  }
}

const clients = new Map<string, Client>()

/**
 * Starts measuring this page. Calling it again with the same key gives the same client.
 * @throws ReferenceError outside of a browser: where pages are rendered on a server, call it in an effect
 */
export function init(options: Options): Client {
  let client = clients.get(options.key)
  if (!client) {
    client = createClient(browserPlatform(options), options)
    clients.set(options.key, client)
  }
  return client
}
