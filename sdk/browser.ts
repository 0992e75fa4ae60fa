import { localStore } from './browser/local-store.ts'
import { exclusively } from './browser/lock.ts'
import { prefixOf } from './core/adopt.ts'
import { createClient } from './core/client.ts'
import { instances } from './core/instances.ts'
import type { Platform } from './core/platform.ts'
import { createPost } from './core/transport.ts'
import type { Client, Options } from './core/types.ts'
import { VERSION } from './version.ts'

export type { Client, ConsentDetails, DeepLink, Options, Rejection, TrackOptions } from './core/types.ts'
export { VERSION } from './version.ts'

function browserPlatform({ key, name, endpoint }: Options): Platform {
  const prefix = prefixOf(name)
  const post = createPost({ key, endpoint, keyIn: 'query' })
  return {
    store: localStore(prefix, { key, name }),
    post,
    exclusively: (work) => exclusively(prefix, work),
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

/**
 * Starts measuring this page. Calling it again with the same key and name gives the same client.
 * @throws ReferenceError outside of a browser: where pages are rendered on a server, call it in an effect; Error for a second
 *   key without a name of its own
 */
export const init: (options: Options) => Client = instances((options) =>
  createClient(browserPlatform(options), options),
)
