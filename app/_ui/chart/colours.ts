/** Slots 1–7 go to media sources; 8 is organic's everywhere. */
const SLOTS = 7
export const ORGANIC = 'organic'
export const OTHER_COLOUR = 'var(--line-strong)'

/** FNV-1a over UTF-16 units: the same slot on every machine. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}

/**
 * A colour per media source that stays the same on every page: the name's own slot, or the next free one where two names
 * share it. Give all of an app's sources, not only the shown ones, so that the order of collisions is the same everywhere.
 * Past seven sources colours repeat.
 */
export function sourceColours(sources: Iterable<string>): Map<string, string> {
  const taken = new Set<number>()
  const colours = new Map<string, string>()
  for (const source of [...new Set(sources)].sort()) {
    if (source === ORGANIC) {
      colours.set(source, 'var(--series-8)')
      continue
    }
    let slot = hash(source) % SLOTS
    if (taken.size < SLOTS) while (taken.has(slot)) slot = (slot + 1) % SLOTS
    taken.add(slot)
    colours.set(source, `var(--series-${slot + 1})`)
  }
  return colours
}
