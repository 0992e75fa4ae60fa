import { CONSENT, DENIED, DEVICE, QUEUED, type Store, WAIT } from './store.ts'

/** Earlier versions kept things under the ingest key, and a device was new when its app got a new key. */
const EARLIER = /^unmogrowp\.(ik_[^.]+)\.(.+)$/

/**
 * Where an instance keeps its things: it does not depend on the ingest key, because keys are rotated and devices stay.
 * @param name tells instances of one site or app apart
 * @returns the beginning of every key; of two names neither begins the other
 */
export function prefixOf(name: string | undefined): string {
  return `unmogrowp.${name === undefined ? 'default' : `name-${encodeURIComponent(name).replaceAll('.', '%2E')}`}.`
}

/** Whether something stored was left by an earlier version. */
export const isEarlier = (key: string): boolean => EARLIER.test(key)

/**
 * Takes over what earlier versions left: the events that wait, and the device unless there is one. The ingest key's own
 * comes first; with a name nothing else is touched, because it may belong to another instance.
 * @param left keys for which `isEarlier` holds
 * @param read gives the value of one of them
 * @param remove removes one of them
 */
export function adopt(
  store: Store,
  { key, name }: { key: string; name?: string | undefined },
  left: readonly string[],
  read: (key: string) => string | null | undefined,
  remove: (key: string) => void,
): void {
  const found = left.flatMap((at) => {
    const [, owner = '', what = ''] = EARLIER.exec(at) ?? []
    return what && (owner === key || name === undefined) ? [{ at, owner, what }] : []
  })
  const owners = [...new Set(found.map(({ owner }) => owner))].sort((a, b) => Number(b === key) - Number(a === key))
  // The device goes last: should the app be killed before it is there, the next start takes the rest over again.
  found.sort(
    (a, b) =>
      owners.indexOf(a.owner) - owners.indexOf(b.owner) || Number(a.what === DEVICE) - Number(b.what === DEVICE),
  )
  let from = store.get(DEVICE) ? '' : undefined
  for (const { at, owner, what } of found) {
    const value = read(at)
    remove(at)
    if (typeof value !== 'string' || what === WAIT || store.get(CONSENT) === DENIED) continue
    if (!what.startsWith(QUEUED)) {
      // Session and install belong to their device: of two devices nothing is mixed.
      from ??= owner
      if (from !== owner) continue
    }
    if (store.get(what) === null) store.set(what, value)
  }
}
