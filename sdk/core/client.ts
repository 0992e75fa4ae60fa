import { readLink } from './deep-link.ts'
import { uuid } from './ids.ts'
import type { Platform } from './platform.ts'
import { createQueue, readEvent } from './queue.ts'
import { createSender } from './sender.ts'
import { formatSession, nextSession, parseSession } from './session.ts'
import { CLICK, CONSENT, DENIED, DEVICE, INSTALLED, SESSION, USER } from './store.ts'
import type { Client, ConsentDetails, DeepLink, Options, Rejection, TrackOptions } from './types.ts'

type Event = Record<string, unknown>

/** Tracked before consent, or before a phone's storage is read. */
const MOST_HELD = 1_000
/** Contract: an event's id has at most 100 characters. */
const LONGEST_ID = 100

/**
 * The SDK on any platform. What is stored is read anew each time, because other tabs share it: consent withdrawn in one
 * holds in all.
 */
export function createClient(platform: Platform, options: Options): Client {
  const { store } = platform
  const { requireConsent = false, flushInterval = 5_000, flushAt = 20, sessionMinutes = 30 } = options
  let started = false
  let prepared: boolean | undefined = platform.prepare ? undefined : true
  let denied = false
  let held: Event[] = []
  /** Said before it may be stored; undefined: nothing was said. */
  let user: string | null | undefined
  let link: DeepLink | null = null
  const listeners = new Set<(link: DeepLink) => void>()

  const reject = (rejection: Rejection) => {
    try {
      options.onRejected?.(rejection)
    } catch {
      // The app's mistake must not stop the queue.
    }
  }
  const tellFull = (event: Event) =>
    reject({ event, code: 'queue_full', message: 'Too many events wait on this device.', field: '' })
  const queue = createQueue(store, (text) => tellFull(readEvent(text)))
  const sender = createSender({ ...platform, queue, onRejected: reject })

  const isDenied = () => denied || store.get(CONSENT) === DENIED
  const isPermitted = () => started && !isDenied() && (!requireConsent || store.get(CONSENT) !== null)
  const mayRecord = () => prepared === true && isPermitted()

  const keep = (event: Event) => {
    const consent = store.get(CONSENT)
    const known = store.get(USER)
    const stamped = {
      device_id: store.get(DEVICE),
      ...(known && { customer_user_id: known }),
      ...platform.fields(),
      ...(options.appVersion && { app_version: options.appVersion }),
      ...(options.environment && { environment: options.environment }),
      ...(consent && { consent: readEvent(consent) }),
      ...event,
    }
    queue.add(String(event.event_id), JSON.stringify(stamped))
    sender.schedule(queue.size() >= flushAt ? 0 : flushInterval)
  }
  const make = (event_name: string, event_id: string, more?: Event): Event => ({
    event_id,
    event_name,
    event_time: new Date().toISOString(),
    ...(user && { customer_user_id: user }),
    ...more,
  })
  /** Derived ids make the same moment in two tabs one event. */
  const own = (name: string, suffix: string, more?: Event) => {
    const id = `${store.get(DEVICE)}.${suffix}`
    keep(make(name, id.length <= LONGEST_ID ? id : uuid(Date.now(), platform.fillRandom), more))
  }

  const reportInstall = () => {
    const device = store.get(DEVICE)
    const clickId = link?.clickId
    const event = make('install', `${device}.install`, {
      ...(clickId && { click_id: clickId }),
      ...(link?.referrer && { install_referrer: link.referrer }),
    })
    const report = (more?: Event) => {
      // Meanwhile the device may have been forgotten, or another tab may have reported it.
      if (!mayRecord() || store.get(DEVICE) !== device || store.get(INSTALLED)) return
      keep({ ...event, ...more })
      store.set(INSTALLED, '1')
      sender.schedule(0)
    }
    if (clickId) store.set(CLICK, clickId)
    if (platform.installFields) void platform.installFields().then(report, () => report())
    else report()
  }

  /** Makes sure that there is a device, its install is reported, and the session is the current one. */
  const touch = () => {
    const now = Date.now()
    if (!store.get(DEVICE)) {
      store.set(DEVICE, uuid(now, platform.fillRandom))
      // A device that is forgotten with the page would be installed again by every page.
      if (store.durable) reportInstall()
    }
    const before = parseSession(store.get(SESSION))
    const session = nextSession(before, now, sessionMinutes * 60_000)
    store.set(SESSION, formatSession(session))
    if (session.number !== before?.number) own('session_start', `s${session.number}`)
  }

  const welcomeBack = () => {
    const clickId = link?.clickId
    if (!clickId || store.get(CLICK) === clickId) return
    store.set(CLICK, clickId)
    own('reengagement', clickId, { click_id: clickId })
  }

  const remember = (id: string | null) => {
    user = undefined
    if (id === null) store.remove(USER)
    else store.set(USER, id)
  }

  /** Whatever waited for consent or for the storage goes on its way. */
  const proceed = () => {
    if (prepared === undefined && isPermitted()) {
      prepared = false
      const go = () => {
        prepared = true
        proceed()
      }
      void platform.prepare?.().then(go, go)
    }
    if (!mayRecord()) return
    if (user !== undefined) remember(user)
    const known = store.get(DEVICE)
    touch()
    // An install that was not reported before the app was closed.
    if (known && store.durable && !store.get(INSTALLED)) reportInstall()
    else if (known) welcomeBack()
    for (const event of held) keep(event)
    held = []
    sender.schedule(queue.size() > 0 ? 0 : flushInterval)
  }

  const opened = (url: string | null) => {
    const found = url ? readLink(url) : null
    if (!found || !(platform.everyUrlIsLink || found.clickId || found.referrer)) return
    link = found
    if (mayRecord() && store.get(INSTALLED)) welcomeBack()
    for (const listener of listeners) listener(found)
  }

  const forget = () => {
    store.clear()
    held = []
    user = undefined
  }

  const start = () => {
    if (started) return
    started = true
    proceed()
  }
  opened(platform.url())
  platform.listen({
    active() {
      if (mayRecord()) {
        touch()
        sender.schedule(0)
      }
    },
    away(whole) {
      if (whole && !platform.ready) start()
      if (!mayRecord()) return
      const session = parseSession(store.get(SESSION))
      // Whoever reads for an hour was here for an hour.
      if (session && !whole) store.set(SESSION, formatSession({ ...session, last: Date.now() }))
      sender.leave(whole)
    },
    online: () => sender.recovered(),
    url: opened,
  })
  if (platform.ready) void platform.ready.then(start, start)
  else if (store.get(DEVICE)) start()
  // Tabs that are restored together must not become two devices.
  else void platform.exclusively(async () => start())

  return {
    track(name, { properties, eventId, revenue, currency }: TrackOptions = {}) {
      if (isDenied()) return undefined
      const event = make(name, eventId ?? uuid(Date.now(), platform.fillRandom), { revenue, currency })
      try {
        // Now, because the app may change the object before it is sent.
        if (properties) event.properties = JSON.parse(JSON.stringify(properties))
      } catch (error) {
        reject({ event, code: 'invalid_json', message: `properties is no JSON: ${error}`, field: 'properties' })
        return undefined
      }
      if (mayRecord()) {
        touch()
        keep(event)
      } else if (held.length < MOST_HELD) held.push(event)
      else tellFull(event)
      return String(event.event_id)
    },
    setCustomerUserId(id) {
      if (mayRecord()) remember(id)
      else user = id
    },
    setConsent(granted: boolean, details?: ConsentDetails) {
      denied = !granted
      if (granted) {
        store.set(CONSENT, JSON.stringify({ measurement: true, ...details }))
        proceed()
        return
      }
      forget()
      // Without it the next page would start anew; where consent is asked for first, its absence says the same.
      if (!requireConsent) store.set(CONSENT, DENIED)
    },
    getDeepLink: () => link,
    onDeepLink(listener) {
      listeners.add(listener)
      if (link) listener(link)
      return () => void listeners.delete(listener)
    },
    deviceId: () => store.get(DEVICE),
    flush: () => (mayRecord() ? sender.flush() : Promise.resolve()),
    pause: () => sender.setPaused(true),
    resume: () => sender.setPaused(false),
    reset() {
      // Whoever said no stays left alone; there is nothing to forget any more.
      if (isDenied()) return
      forget()
      proceed()
    },
  }
}
