function scoreText(text: string, wanted: string): number {
  const lower = text.toLowerCase()
  if (lower.startsWith(wanted)) return 1
  const at = lower.indexOf(wanted)
  if (at < 0) return 0
  for (let next = at; next >= 0; next = lower.indexOf(wanted, next + 1)) {
    if (/[^\p{L}\p{N}]/u.test(lower[next - 1] ?? '')) return 0.7
  }
  return 0.4
}

/**
 * How well an item of the command palette fits what was typed: 1 begins with it, 0.7 a word of it does, 0.4 contains it,
 * 0 does not. Only what contains the text as it stands is found: letters picked from all over a name hide the exact hit.
 * @param value says the item's kind and tells it apart, which counts less than its names
 */
export function scoreItem(value: string, search: string, names: readonly string[] = []): number {
  const wanted = search.trim().toLowerCase()
  if (wanted === '') return 1
  return Math.max(scoreText(value, wanted) / 2, ...names.map((name) => scoreText(name, wanted)))
}
