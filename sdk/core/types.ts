/** What the app says about its user's consent beside the yes: which uses are granted, a TCF string, and so on. */
export type ConsentDetails = Record<string, boolean | string | number>

/** Why an event will never arrive: the collector's code (`missing`, `wrong_type`, …) or one of the SDK's own. */
export interface Rejection {
  /** The event as it was sent, or would have been. */
  event: Record<string, unknown>
  /** The SDK's own: `queue_full` (the oldest made room), `too_large` (alone too large for a request), `invalid_json`. */
  code: string
  message: string
  /** The event's field that is at fault; empty when it is the whole event. */
  field: string
}

/** A link that opened the page or the app. */
export interface DeepLink {
  url: string
  /** The tracking link's click id; undefined when the link carries none. */
  clickId?: string
  /** The `referrer` parameter; undefined when the link carries none. */
  referrer?: string
  /** Every parameter of the query, decoded; of a repeated one the last. */
  params: Record<string, string>
}

/** What an event may carry beside its name. */
export type TrackOptions = {
  /** Any JSON, at most 32 KB. */
  properties?: Record<string, unknown>
  /** Your own idempotency key, such as an order number: the same id counts once. Default: a new UUID. */
  eventId?: string
} & (
  | {
      /** An amount of money, negative for a refund. */
      revenue: number
      /** ISO 4217, such as `EUR`. */
      currency: string
    }
  | { revenue?: undefined; currency?: undefined }
)

/** Settings that both platforms share. */
export interface Options {
  /** The app's ingest key (`ik_…`). It can only write, so it may be public. */
  key: string
  /**
   * Tells several apps on one site, or in one phone app, apart: each name is a device of its own. Keep it for good. Absent:
   * there is one. The key may change; what is stored does not depend on it.
   */
  name?: string
  /** The collector's address, such as `https://collect.example.com`. */
  endpoint: string
  /** Nothing is stored or sent before `setConsent(true)`; what is tracked until then waits in memory. Default: false. */
  requireConsent?: boolean
  /** `sandbox` events stay out of every report by default. Default: `production`. */
  environment?: 'production' | 'sandbox'
  /** The app's version, for reports. */
  appVersion?: string
  /** Minutes without activity after which the next activity is a new session. Default: 30. */
  sessionMinutes?: number
  /** Milliseconds that an event waits for others before it is sent. Default: 5,000. */
  flushInterval?: number
  /** How many waiting events are sent at once without further delay. Default: 20. */
  flushAt?: number
  /** Events that will never arrive, each with the reason. */
  onRejected?: (rejection: Rejection) => void
}

/** What `init` returns. Its functions need no `this`, and none of them throws. */
export interface Client {
  /**
   * Records an event with the time of this call.
   * @param name 1 to 100 characters; `install`, `session_start` and `reengagement` are the SDK's own
   * @returns the event's id; undefined when consent was denied or the properties are no JSON
   */
  track(name: string, options?: TrackOptions): string | undefined
  /** Names the user as your systems do, on every later event; null forgets. */
  setCustomerUserId(id: string | null): void
  /**
   * True: events flow, with `{measurement: true, ...details}` in their field `consent`. False: whatever waits is
   * dropped, everything stored is removed, and nothing is recorded any more.
   */
  setConsent(granted: boolean, details?: ConsentDetails): void
  /** The link that opened the page or the app most recently; null when it was opened without one. */
  getDeepLink(): DeepLink | null
  /**
   * Calls back for the link that opened the page or the app, at once when it is known, and for every later one.
   * @returns a function that ends it
   */
  onDeepLink(listener: (link: DeepLink) => void): () => void
  /** The install id that events carry as `device_id`; null before consent and before the first event. */
  deviceId(): string | null
  /** Sends what waits. Resolves when all is delivered, or when a try has failed and the next is due later. */
  flush(): Promise<void>
  /** Stops sending; events are still recorded and stored. */
  pause(): void
  /** Sends again. */
  resume(): void
  /**
   * Forgets this device: waiting events, ids, session, and the consent that was given (one that was denied stays). What
   * follows comes from a new device, and counts as a new install.
   */
  reset(): void
}
