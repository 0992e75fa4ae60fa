/** Lets a bounded number of batches be loaded at a time, or one piece of work alone. First come, first served. */
export class Gate {
  private free: number
  private readonly permits: number
  private readonly queue: { need: number; go: () => void }[] = []

  /** @param permits batches at a time */
  constructor(permits: number) {
    this.permits = permits
    this.free = permits
  }

  /** Runs `work` as one of several. */
  shared<T>(work: () => Promise<T>): Promise<T> {
    return this.run(1, work)
  }

  /** Runs `work` while nothing else runs. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return this.run(this.permits, work)
  }

  private async run<T>(need: number, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((go) => {
      this.queue.push({ need, go })
      this.next()
    })
    try {
      return await work()
    } finally {
      this.free += need
      this.next()
    }
  }

  private next(): void {
    for (let [first] = this.queue; first && first.need <= this.free; [first] = this.queue) {
      this.queue.shift()
      this.free -= first.need
      first.go()
    }
  }
}
