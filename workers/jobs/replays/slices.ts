/** Installs of one slice: its bounds in Unix milliseconds (`to` exclusive), and which part of the devices in them. */
export interface Slice {
  from: number
  to: number
  /** Devices whose hash leaves `part` when divided by `parts`. */
  part: number
  parts: number
}

/** How many installs begin within {@link BUCKET_MS} of `at`. */
export interface Bucket {
  /** Unix milliseconds, a multiple of {@link BUCKET_MS}. */
  at: number
  installs: number
}

/** Width of a bucket, in milliseconds. */
export const BUCKET_MS = 15 * 60_000

/**
 * Cuts installs into slices of about the same size, so that the memory of a replay does not grow with its period. The same
 * buckets give the same slices: a replay that goes on counts from where it was.
 * @param buckets in order of time
 * @param most installs of a slice; a bucket that has more by itself is cut by devices
 */
export function planSlices(buckets: readonly Bucket[], most: number): Slice[] {
  const slices: Slice[] = []
  let open: { slice: Slice; installs: number } | undefined
  for (const { at, installs } of buckets) {
    const to = at + BUCKET_MS
    if (installs > most) {
      const parts = Math.ceil(installs / most)
      for (let part = 0; part < parts; part += 1) slices.push({ from: at, to, part, parts })
      open = undefined
    } else if (open && open.installs + installs <= most) {
      open.slice.to = to
      open.installs += installs
    } else {
      open = { slice: { from: at, to, part: 0, parts: 1 }, installs }
      slices.push(open.slice)
    }
  }
  return slices
}
