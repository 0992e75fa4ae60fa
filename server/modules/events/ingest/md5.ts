import { endianness } from 'node:os'

/*
 * MD5 (RFC 1321) of short texts that stand in a buffer of our own. Each event's hash is what duplicates are known by, and
 * a call into the runtime for each costs twice as much as computing it here: nothing is allocated.
 */

if (endianness() !== 'LE') throw new Error('UnMoGrowP runs on little-endian processors only.')

/** Longest text in bytes. */
const MOST_BYTES = 2048

const words = new Int32Array(MOST_BYTES / 4 + 32)

/** The text to hash begins at 0; what stands behind it is overwritten. */
export const message: Buffer = Buffer.from(words.buffer)

/** The hash of the last text: 16 bytes. */
export const digest: Buffer = Buffer.alloc(16)
const state = new Int32Array(digest.buffer, digest.byteOffset, 4)

/**
 * Hashes the beginning of `message` into `digest`.
 * @param length bytes of the text
 * @throws RangeError past 2 KB
 */
export function md5(length: number): void {
  if (length > MOST_BYTES) throw new RangeError('The text to hash is too long.')
  let end = length
  message[end++] = 0x80
  while ((end & 63) !== 56) message[end++] = 0
  words[end >> 2] = length << 3
  words[(end >> 2) + 1] = 0
  state[0] = 0x6745_2301
  state[1] = 0xefcd_ab89
  state[2] = 0x98ba_dcfe
  state[3] = 0x1032_5476
  for (let at = 0; at < end >> 2; at += 16) block(at)
}

/** One block of 16 words: the four rounds written out, because a loop over tables takes twice as long. */
function block(at: number): void {
  const m0 = words[at + 0] as number
  const m1 = words[at + 1] as number
  const m2 = words[at + 2] as number
  const m3 = words[at + 3] as number
  const m4 = words[at + 4] as number
  const m5 = words[at + 5] as number
  const m6 = words[at + 6] as number
  const m7 = words[at + 7] as number
  const m8 = words[at + 8] as number
  const m9 = words[at + 9] as number
  const m10 = words[at + 10] as number
  const m11 = words[at + 11] as number
  const m12 = words[at + 12] as number
  const m13 = words[at + 13] as number
  const m14 = words[at + 14] as number
  const m15 = words[at + 15] as number
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  a = (a + ((b & c) | (~b & d)) + m0 - 680_876_936) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + ((a & b) | (~a & c)) + m1 - 389_564_586) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + ((d & a) | (~d & b)) + m2 + 606_105_819) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + ((c & d) | (~c & a)) + m3 - 1_044_525_330) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + ((b & c) | (~b & d)) + m4 - 176_418_897) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + ((a & b) | (~a & c)) + m5 + 1_200_080_426) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + ((d & a) | (~d & b)) + m6 - 1_473_231_341) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + ((c & d) | (~c & a)) + m7 - 45_705_983) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + ((b & c) | (~b & d)) + m8 + 1_770_035_416) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + ((a & b) | (~a & c)) + m9 - 1_958_414_417) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + ((d & a) | (~d & b)) + m10 - 42_063) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + ((c & d) | (~c & a)) + m11 - 1_990_404_162) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + ((b & c) | (~b & d)) + m12 + 1_804_603_682) | 0
  a = (((a << 7) | (a >>> 25)) + b) | 0
  d = (d + ((a & b) | (~a & c)) + m13 - 40_341_101) | 0
  d = (((d << 12) | (d >>> 20)) + a) | 0
  c = (c + ((d & a) | (~d & b)) + m14 - 1_502_002_290) | 0
  c = (((c << 17) | (c >>> 15)) + d) | 0
  b = (b + ((c & d) | (~c & a)) + m15 + 1_236_535_329) | 0
  b = (((b << 22) | (b >>> 10)) + c) | 0
  a = (a + ((b & d) | (c & ~d)) + m1 - 165_796_510) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + ((a & c) | (b & ~c)) + m6 - 1_069_501_632) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + ((d & b) | (a & ~b)) + m11 + 643_717_713) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + ((c & a) | (d & ~a)) + m0 - 373_897_302) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + ((b & d) | (c & ~d)) + m5 - 701_558_691) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + ((a & c) | (b & ~c)) + m10 + 38_016_083) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + ((d & b) | (a & ~b)) + m15 - 660_478_335) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + ((c & a) | (d & ~a)) + m4 - 405_537_848) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + ((b & d) | (c & ~d)) + m9 + 568_446_438) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + ((a & c) | (b & ~c)) + m14 - 1_019_803_690) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + ((d & b) | (a & ~b)) + m3 - 187_363_961) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + ((c & a) | (d & ~a)) + m8 + 1_163_531_501) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + ((b & d) | (c & ~d)) + m13 - 1_444_681_467) | 0
  a = (((a << 5) | (a >>> 27)) + b) | 0
  d = (d + ((a & c) | (b & ~c)) + m2 - 51_403_784) | 0
  d = (((d << 9) | (d >>> 23)) + a) | 0
  c = (c + ((d & b) | (a & ~b)) + m7 + 1_735_328_473) | 0
  c = (((c << 14) | (c >>> 18)) + d) | 0
  b = (b + ((c & a) | (d & ~a)) + m12 - 1_926_607_734) | 0
  b = (((b << 20) | (b >>> 12)) + c) | 0
  a = (a + (b ^ c ^ d) + m5 - 378_558) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + m8 - 2_022_574_463) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + m11 + 1_839_030_562) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + m14 - 35_309_556) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (b ^ c ^ d) + m1 - 1_530_992_060) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + m4 + 1_272_893_353) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + m7 - 155_497_632) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + m10 - 1_094_730_640) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (b ^ c ^ d) + m13 + 681_279_174) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + m0 - 358_537_222) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + m3 - 722_521_979) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + m6 + 76_029_189) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (b ^ c ^ d) + m9 - 640_364_487) | 0
  a = (((a << 4) | (a >>> 28)) + b) | 0
  d = (d + (a ^ b ^ c) + m12 - 421_815_835) | 0
  d = (((d << 11) | (d >>> 21)) + a) | 0
  c = (c + (d ^ a ^ b) + m15 + 530_742_520) | 0
  c = (((c << 16) | (c >>> 16)) + d) | 0
  b = (b + (c ^ d ^ a) + m2 - 995_338_651) | 0
  b = (((b << 23) | (b >>> 9)) + c) | 0
  a = (a + (c ^ (b | ~d)) + m0 - 198_630_844) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + m7 + 1_126_891_415) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + m14 - 1_416_354_905) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + m5 - 57_434_055) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  a = (a + (c ^ (b | ~d)) + m12 + 1_700_485_571) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + m3 - 1_894_986_606) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + m10 - 1_051_523) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + m1 - 2_054_922_799) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  a = (a + (c ^ (b | ~d)) + m8 + 1_873_313_359) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + m15 - 30_611_744) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + m6 - 1_560_198_380) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + m13 + 1_309_151_649) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  a = (a + (c ^ (b | ~d)) + m4 - 145_523_070) | 0
  a = (((a << 6) | (a >>> 26)) + b) | 0
  d = (d + (b ^ (a | ~c)) + m11 - 1_120_210_379) | 0
  d = (((d << 10) | (d >>> 22)) + a) | 0
  c = (c + (a ^ (d | ~b)) + m2 + 718_787_259) | 0
  c = (((c << 15) | (c >>> 17)) + d) | 0
  b = (b + (d ^ (c | ~a)) + m9 - 343_485_551) | 0
  b = (((b << 21) | (b >>> 11)) + c) | 0
  state[0] = (state[0] as number) + a
  state[1] = (state[1] as number) + b
  state[2] = (state[2] as number) + c
  state[3] = (state[3] as number) + d
}
