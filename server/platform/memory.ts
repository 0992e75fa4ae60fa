/** Smaller ones cost the collector of garbage little, and may share their memory with others. */
const LARGE_BYTES = 16 * 1024

/**
 * Gives a large buffer's memory back at once. The garbage collector sees buffers as small objects and leaves them until
 * so much memory has gathered that it must search the whole heap; at hundreds of megabytes a second that is the costliest
 * thing a process does.
 * @param bytes nobody may read it any more; one that is a part of other memory is left alone
 */
export function discard(bytes: Buffer): void {
  const { buffer, byteLength } = bytes
  if (byteLength >= LARGE_BYTES && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
