import { prefixOf } from './core/adopt.ts'
import { createClient } from './core/client.ts'
import { instances } from './core/instances.ts'
import type { Happenings, Platform } from './core/platform.ts'
import { createPost } from './core/transport.ts'
import type { Client, Options } from './core/types.ts'
import type { Adapters, DeviceIds, DeviceInfo, PlayReferrer } from './react-native/adapters.ts'
import { asyncStore } from './react-native/async-store.ts'
import { VERSION } from './version.ts'

export type { Client, ConsentDetails, DeepLink, Options, Rejection, TrackOptions } from './core/types.ts'
export type * from './react-native/adapters.ts'
export { VERSION } from './version.ts'

/** Settings in a React Native app. */
export interface ReactNativeOptions extends Options {
  adapters: Adapters
}

/** A native module that hangs or fails must hold nothing up: then the answer is undefined. */
function within<T>(ms: number, ask: () => Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, undefined)
    Promise.resolve()
      .then(ask)
      .catch(() => undefined)
      .then((answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
  })
}

/** Without what is absent, so that an event carries no empty fields. */
function present(fields: Record<string, string | number | null | undefined>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value))
}

function referrerFields(details: PlayReferrer | null | undefined): Record<string, unknown> {
  const ms = (seconds: number | undefined) => (seconds ? seconds * 1000 : undefined)
  return present({
    install_referrer: details?.installReferrer,
    referrer_click_time: ms(details?.referrerClickTimestampSeconds),
    install_begin_time: ms(details?.installBeginTimestampSeconds),
    referrer_click_time_server: ms(details?.referrerClickTimestampServerSeconds),
    install_begin_time_server: ms(details?.installBeginTimestampServerSeconds),
  })
}

function nativePlatform({ key, name, endpoint, adapters }: ReactNativeOptions): Platform {
  const { platform, appState, linking, network, patience = 5_000 } = adapters
  const { store, ready } = asyncStore(adapters.storage, prefixOf(name), { key, name })
  let device: DeviceInfo | undefined
  let ids: DeviceIds | null | undefined
  let connected = true
  let happenings: Happenings | undefined

  const askDevice = async () => {
    const { device: given } = adapters
    device = typeof given === 'function' ? await within(patience, given) : given
  }
  const askLink = async () => {
    const url = linking && (await within(patience, () => linking.getInitialURL()))
    if (url) happenings?.url(url)
  }
  const askIds = async () => {
    if (adapters.ids) ids = await within(patience, adapters.ids)
  }
  return {
    store,
    post: createPost({ key, endpoint, keyIn: 'header' }),
    exclusively: (work) => work(),
    isOnline: () => connected,
    ready: Promise.all([ready, askLink()]),
    prepare: () => Promise.all([askDevice(), askIds()]),
    fillRandom: adapters.fillRandom,
    fields: () =>
      present({
        platform,
        sdk_version: `react-native-${VERSION}`,
        advertising_id: ids?.advertisingId,
        idfv: ids?.idfv,
        os_version: device?.osVersion,
        app_version: device?.appVersion,
        device_model: device?.deviceModel,
        locale: device?.locale,
        user_agent: device?.userAgent,
      }),
    installFields: async () => {
      const { installReferrer } = adapters
      return installReferrer && referrerFields(await within(patience, installReferrer))
    },
    url: () => null,
    everyUrlIsLink: true,
    listen(given) {
      happenings = given
      appState?.addEventListener('change', (state) => {
        if (state === 'active') given.active()
        else if (state === 'background') given.away(false)
      })
      linking?.addEventListener('url', ({ url }) => given.url(url))
      network?.addEventListener(({ isConnected }) => {
        const back = !connected && isConnected !== false
        connected = isConnected !== false
        if (back) given.online()
      })
    },
  }
}

/**
 * Starts measuring this app. Calling it again with the same key and name gives the same client.
 * @param options `adapters` are React Native's own modules and what the app's native code knows
 * @throws Error for a second key without a name of its own
 */
export const init: (options: ReactNativeOptions) => Client = instances((options) =>
  createClient(nativePlatform(options), options),
)
