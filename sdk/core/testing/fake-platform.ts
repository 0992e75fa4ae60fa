import type { Happenings, Platform } from '../platform.ts'
import { memoryStore, type Store } from '../store.ts'
import type { Outcome, Post } from '../transport.ts'

type Event = Record<string, unknown>

/** A platform whose collector and surroundings a test plays. */
export interface FakePlatform extends Platform {
  /** What each request carried, in order. */
  requests: { events: Event[]; leaving: boolean }[]
  /** Answers of the next requests, in order; after them everything is accepted. */
  answers: (Outcome | Promise<Outcome>)[]
  happenings: Happenings
  online: boolean
}

/** A durable store that a second client can open again, as a reload does. */
export const durableStore = (): Store => ({ ...memoryStore(), durable: true })

/** Makes a platform; `overrides` go over what it would do. */
export function fakePlatform(overrides: Partial<Platform> = {}): FakePlatform {
  const requests: FakePlatform['requests'] = []
  const answers: FakePlatform['answers'] = []
  const post: Post = async (texts, { leaving = false } = {}) => {
    requests.push({ events: texts.map((text) => JSON.parse(text) as Event), leaving })
    return (await answers.shift()) ?? { done: [] }
  }
  const nothing: Happenings = {
    active: () => undefined,
    away: () => undefined,
    online: () => undefined,
    url: () => undefined,
  }
  const fake: FakePlatform = {
    store: durableStore(),
    post,
    exclusively: (work) => work(),
    isOnline: () => fake.online,
    fields: () => ({ platform: 'web' }),
    url: () => 'https://shop.example/',
    everyUrlIsLink: false,
    listen(happenings) {
      fake.happenings = happenings
    },
    ...overrides,
    requests,
    answers,
    happenings: nothing,
    online: true,
  }
  return fake
}

/** The names of everything that was sent, in order. */
export const sentNames = ({ requests }: FakePlatform) =>
  requests.flatMap(({ events }) => events.map(({ event_name }) => event_name))
