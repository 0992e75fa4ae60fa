/** A length of time in its two largest units: `2 d 4 h`, `3 min 20 s`, `0.4 s`. Milliseconds in. */
export function durationWords(ms: number): string {
  const abs = Math.abs(ms)
  if (abs < 10_000) return `${Math.round(abs / 100) / 10} s`
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const
  const first = units.findIndex(([, size]) => abs >= size)
  const parts: string[] = []
  let rest = abs
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
  }
  return parts.join(' ')
}

/** A lookback window: whole days when it is some, else hours. Milliseconds in. */
export function windowWords(ms: number): string {
  const hours = Math.round(ms / 3_600_000)
  if (hours % 24 === 0 && hours >= 48) return `${hours / 24} days`
  return hours === 1 ? '1 hour' : `${hours} hours`
}
