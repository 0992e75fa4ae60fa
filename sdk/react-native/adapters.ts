/** What the SDK uses of `@react-native-async-storage/async-storage`, any version, or of a wrapper around another store. */
export interface AsyncStorageLike {
  getAllKeys(): Promise<readonly string[]>
  getItem(key: string): Promise<string | null>
  setItem(key: string, value: string): Promise<unknown>
  removeItem(key: string): Promise<unknown>
}

/** What the SDK uses of React Native's `AppState`. */
export interface AppStateLike {
  addEventListener(type: 'change', listener: (state: string) => void): unknown
}

/** What the SDK uses of React Native's `Linking`. */
export interface LinkingLike {
  getInitialURL(): Promise<string | null>
  addEventListener(type: 'url', listener: (event: { url: string }) => void): unknown
}

/** What the SDK uses of `@react-native-community/netinfo`. */
export interface NetInfoLike {
  addEventListener(listener: (state: { isConnected: boolean | null }) => void): unknown
}

/** What the app's native code reads about the device. All of it is optional; reports can only break down what is there. */
export interface DeviceInfo {
  osVersion?: string
  appVersion?: string
  deviceModel?: string
  locale?: string
  userAgent?: string
}

/** Ids that native code reads. Pass the advertising id only where the platform's rules and the user allow it. */
export interface DeviceIds {
  /** Google advertising id, or Apple's after App Tracking Transparency was granted. */
  advertisingId?: string | null
  /** Apple's identifierForVendor. */
  idfv?: string | null
}

/** Google Play's install referrer, under the names of its library (`ReferrerDetails`); times in seconds. */
export interface PlayReferrer {
  installReferrer?: string | null
  referrerClickTimestampSeconds?: number
  installBeginTimestampSeconds?: number
  referrerClickTimestampServerSeconds?: number
  installBeginTimestampServerSeconds?: number
}

/** React Native's own modules and the app's native code, as far as the app wants the SDK to use them. */
export interface Adapters {
  /** `ios` or `android`: React Native's `Platform.OS`. */
  platform: 'ios' | 'android'
  storage: AsyncStorageLike
  appState?: AppStateLike
  linking?: LinkingLike
  network?: NetInfoLike
  device?: DeviceInfo | (() => Promise<DeviceInfo>)
  ids?: () => Promise<DeviceIds | null>
  /** Asked once, before the install is reported. */
  installReferrer?: () => Promise<PlayReferrer | null>
  /** `crypto.getRandomValues` or a like, where the runtime has none. */
  fillRandom?: (bytes: Uint8Array<ArrayBuffer>) => unknown
  /** Milliseconds that native code gets to answer. Default: 5,000. */
  patience?: number
}
