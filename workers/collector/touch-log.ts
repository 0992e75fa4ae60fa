import type { FrameInput } from '#server/eventlog/index.ts'
import { Patience } from './patience.ts'

/** A person waits: past this the redirect goes out although the log has not answered yet. */
const LONGEST_WAIT_MS = 2_000

/**
 * Records clicks and views: those that come in one turn of the event loop go into one frame, and their visitors wait for it
 * together. A frame, a promise and a place in the log's queue for each would cost more than the click itself.
 */
export class TouchLog {
  private readonly append: (frames: readonly FrameInput[]) => Promise<void>
  private readonly patience = new Patience(LONGEST_WAIT_MS, `The log did not answer within ${LONGEST_WAIT_MS} ms.`)
  private lines: string[] = []
  private turn: Promise<void> | undefined

  /** @param append writes frames into the event log; settles once they are durable */
  constructor(append: (frames: readonly FrameInput[]) => Promise<void>) {
    this.append = append
  }

  /**
   * Waits until a line is durable.
   * @param line of a frame of touchpoints
   * @throws what the log says when it cannot be made durable, or that it takes too long
   */
  record(line: string): Promise<void> {
    this.lines.push(line)
    this.turn ??= this.atEndOfTurn()
    return this.turn
  }

  private async atEndOfTurn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const { lines } = this
    this.lines = []
    this.turn = undefined
    const payload = Buffer.from(lines.join(''))
    await this.patience.bounded(this.append([{ kind: 'touchpoint', payload, rows: lines.length }]))
  }
}
