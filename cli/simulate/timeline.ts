const DAY = 86_400_000

/**
 * Puts rows in order of arrival while holding only the days that are still open. A row that arrives late waits in its
 * day; rows that arrive together keep the order in which they were added.
 */
export class Timeline<Row> {
  #days = new Map<number, { arrival: number; row: Row }[]>()

  /** @param arrival when the row reaches us, Unix milliseconds; must not lie in a day that was drained. */
  add(arrival: number, row: Row): void {
    const day = Math.floor(arrival / DAY)
    const open = this.#days.get(day)
    if (open) open.push({ arrival, row })
    else this.#days.set(day, [{ arrival, row }])
  }

  /** Takes out the rows of a day (counted in whole days since 1970, UTC), in order of arrival. */
  *drain(day: number): Generator<Row> {
    const rows = this.#days.get(day) ?? []
    this.#days.delete(day)
    rows.sort((a, b) => a.arrival - b.arrival)
    for (const { row } of rows) yield row
  }

  /** Takes out everything that is left, day by day. */
  *drainAll(): Generator<Row> {
    for (const day of [...this.#days.keys()].sort((a, b) => a - b)) yield* this.drain(day)
  }
}
