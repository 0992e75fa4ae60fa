/**
 * A computation that can be put down and taken up again between its steps, so that it need not keep a process from its other
 * work. Steps take about a millisecond at most; they say nothing, the result is what is returned.
 */
export type Stepwise<T> = Generator<void, T, void>

/** Does a computation in one piece. */
export function inOnePiece<T>(work: Stepwise<T>): T {
  let step = work.next()
  while (!step.done) step = work.next()
  return step.value
}
