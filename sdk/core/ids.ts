/** Fills an array with random bytes, as `crypto.getRandomValues` does. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => unknown

/**
 * Where the runtime has no source of its own (React Native without a polyfill) and the app passes none. Ids have to be
 * different, not secret.
 */
const weakRandom: FillRandom = (bytes) => {
  for (let index = 0; index < bytes.length; index++) bytes[index] = Math.random() * 256
}

/** The runtime's source of random bytes. Not `crypto.randomUUID`: pages that came over plain http have none. */
export const runtimeRandom: FillRandom = (bytes) => {
  const source: Partial<Crypto> | undefined = globalThis.crypto
  if (source?.getRandomValues) source.getRandomValues(bytes)
  else weakRandom(bytes)
}

/**
 * A UUID of version 7 (RFC 9562): ids sort by the time they were made.
 * @param now Unix milliseconds
 */
export function uuid(now: number, fill: FillRandom = runtimeRandom): string {
  const bytes = new Uint8Array(16)
  fill(bytes)
  let hex = now.toString(16).padStart(12, '0')
  for (let index = 6; index < 16; index++) {
    let byte = bytes[index] ?? 0
    if (index === 6) byte = (byte & 15) | 112
    if (index === 8) byte = (byte & 63) | 128
    hex += byte.toString(16).padStart(2, '0')
  }
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
