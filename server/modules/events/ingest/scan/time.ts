import * as limit from '../time.ts'
import type { Viewed } from './bytes.ts'
import * as byte from './bytes.ts'

// Known when the code is compiled: see event.ts.
const { COLON, MINUS, POINT, QUOTE } = byte
const { EARLIEST, LATEST } = limit

/** The time that `scanTime` read, in Unix milliseconds. */
const readHere = { time: 0 }
export const read = readHere

/** 0 and so many digits are a plain integer. */
const MOST_DIGITS = 15

/**
 * Reads Unix milliseconds written as a plain integer, or `YYYY-MM-DDTHH:MM:SS[.mmm]Z`.
 * @param zero whether 0 may stand for a time that is not known
 * @returns the place behind it, with the time in `read` (0 for 0); -1 for every other form and for times out of range
 */
export function scanTime(source: Viewed, at: number, zero: boolean): number {
  const { bytes } = source
  if (bytes[at] === QUOTE) return scanText(bytes, at + 1)
  let place = at
  let value = 0
  // Thirteen digits are all times since 2001. Arithmetic on words: multiplying a number by ten for each digit costs more.
  if (at + 12 <= bytes.length) {
    for (; place < at + 12; place += 4) {
      const four = fourDigits(source.view.getInt32(place, true))
      if (four === -1) break
      value = value * 10_000 + four
    }
  }
  let digit = (bytes[place] as number) - 0x30
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit
    place += 1
    digit = (bytes[place] as number) - 0x30
  }
  const digits = place - at
  if (digits === 0 || digits > MOST_DIGITS || (bytes[at] === 0x30 && digits > 1)) return -1
  if (value === 0 ? !zero : value < EARLIEST || value >= LATEST) return -1
  readHere.time = value
  return place
}

/** The value of four digits that stand in a word, -1 where one of its bytes is none. */
function fourDigits(word: number): number {
  const digits = word ^ 0x3030_3030
  // A byte above nine shows in its high half, at once or with six more; no byte without it can carry into the next.
  if (((digits | (digits + 0x0606_0606)) & 0xf0f0_f0f0) !== 0) return -1
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff_00ff
  return (pairs & 0xff) * 100 + (pairs >>> 16)
}

/** Two digits as a number; NaN where there are none. */
function two(bytes: Buffer, at: number): number {
  const tens = (bytes[at] as number) - 0x30
  const ones = (bytes[at + 1] as number) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

function daysOf(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return leap ? 29 : (DAYS[month - 1] ?? 0)
}

/** The shortest text is 21 bytes with its closing quote, and every read byte before it must fit: no end is needed. */
function scanText(bytes: Buffer, at: number): number {
  if (at + 21 > bytes.length) return -1
  const century = two(bytes, at)
  const year = century * 100 + two(bytes, at + 2)
  const month = two(bytes, at + 5)
  const day = two(bytes, at + 8)
  const hour = two(bytes, at + 11)
  const minute = two(bytes, at + 14)
  const second = two(bytes, at + 17)
  const shaped =
    bytes[at + 4] === MINUS &&
    bytes[at + 7] === MINUS &&
    bytes[at + 10] === 0x54 &&
    bytes[at + 13] === COLON &&
    bytes[at + 16] === COLON
  // A comparison with NaN is false: what is no digit fails here.
  const fits =
    year >= 2000 && year < 2200 && month >= 1 && day >= 1 && day <= daysOf(year, month) && hour <= 23 && minute <= 59
  if (!shaped || !fits || !(second <= 59)) return -1
  let place = at + 19
  let millisecond = 0
  if (bytes[place] === POINT) {
    if (place + 6 > bytes.length) return -1
    const tenths = (bytes[place + 1] as number) - 0x30
    millisecond = tenths * 100 + two(bytes, place + 2)
    if (!(tenths >= 0 && tenths <= 9 && millisecond >= 0)) return -1
    place += 4
  }
  if (bytes[place] !== 0x5a || bytes[place + 1] !== QUOTE) return -1
  readHere.time = Date.UTC(year, month - 1, day, hour, minute, second, millisecond)
  return place + 2
}
