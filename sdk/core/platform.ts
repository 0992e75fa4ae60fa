import type { FillRandom } from './ids.ts'
import type { Store } from './store.ts'
import type { Post } from './transport.ts'

/** What a platform tells the SDK. */
export interface Happenings {
  /** The page or app is in front of its user. */
  active(): void
  /** It left; `whole` when it may not come back. */
  away(whole: boolean): void
  /** The network is back. */
  online(): void
  /** A link opened the running app. */
  url(url: string): void
}

/** What the SDK needs from where it runs: a browser or React Native. */
export interface Platform {
  store: Store
  post: Post
  /** Runs the work while no other tab does the same; where that cannot be had, at once. */
  exclusively(work: () => Promise<void>): Promise<void>
  isOnline(): boolean
  /** When the store may be asked; absent: now. */
  ready?: Promise<unknown>
  /** Reads what only may be read once events may be recorded, such as a phone's advertising id. Asked once. */
  prepare?(): Promise<unknown>
  fillRandom?: FillRandom
  /** Fields of every event, under the contract's names. */
  fields(): Record<string, unknown>
  /** Fields of the install event that take a while, such as the store's referrer. */
  installFields?(): Promise<Record<string, unknown> | undefined>
  /** The address that opened the page; null when it is not known yet. */
  url(): string | null
  /** A phone opens apps by their links only; a page has an address always. */
  everyUrlIsLink: boolean
  listen(happenings: Happenings): void
}
