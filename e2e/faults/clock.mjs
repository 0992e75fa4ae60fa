// Loaded into a role before its own code: its clock is off by the milliseconds in the file CLOCK_OFFSET_FILE, which the
// fault suite changes while the role runs.
import { readFileSync } from 'node:fs'

const file = process.env.CLOCK_OFFSET_FILE
const realNow = Date.now.bind(Date)
let offset = 0
const read = () => {
  try {
    offset = Number(readFileSync(file, 'utf8')) || 0
  } catch {
    offset = 0
  }
}
if (file) {
  read()
  setInterval(read, 200).unref()
  const RealDate = Date
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(realNow() + offset)
      else super(...args)
    }
    static now() {
      return realNow() + offset
    }
  }
}
