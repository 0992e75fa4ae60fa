/** The one place that reads the machine's clock for product logic, so that tests can hand in another. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now() }
