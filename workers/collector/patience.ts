/** How often the clock looks at who has waited too long. */
const LOOK_MS = 100

interface Waiter {
  since: number
  settled: boolean
  giveUp(): void
}

/** Bounds how long promises are waited for, all by the same time, with one timer for all of them. */
export class Patience {
  private readonly longestMs: number
  private readonly message: string
  /** In the order in which they began, so that the longest wait stands first. */
  private waiting: Waiter[] = []
  private timer: NodeJS.Timeout | undefined

  /**
   * @param longestMs how long each is waited for, a tenth of a second more at most
   * @param message of the error of those that took longer
   */
  constructor(longestMs: number, message: string) {
    this.longestMs = longestMs
    this.message = message
  }

  /**
   * What a promise comes to.
   * @throws its error, or one with the message when it took too long; it goes on then, unwatched
   */
  bounded(promise: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        since: performance.now(),
        settled: false,
        giveUp: () => reject(new Error(this.message)),
      }
      this.waiting.push(waiter)
      this.timer ??= setInterval(() => this.look(), LOOK_MS)
      promise.then(
        () => {
          waiter.settled = true
          resolve()
        },
        (error: unknown) => {
          waiter.settled = true
          reject(error)
        },
      )
    })
  }

  private look(): void {
    const before = performance.now() - this.longestMs
    this.waiting = this.waiting.filter((waiter) => {
      if (waiter.settled) return false
      if (waiter.since > before) return true
      waiter.giveUp()
      return false
    })
    if (this.waiting.length > 0) return
    clearInterval(this.timer)
    this.timer = undefined
  }
}
