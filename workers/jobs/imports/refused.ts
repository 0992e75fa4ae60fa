import { type FileHandle, open } from 'node:fs/promises'
import { csvCell, type RefusedRow } from '#server/modules/imports/index.ts'

const HEAD = 'line,field,code,message,row\n'
/** The list is for people who repair a file; past so many bytes it only says that there is more. */
const MOST_BYTES = 256 * 2 ** 20

/** The rows of an import that could not be taken, as a CSV that grows beside it. */
export interface RefusedList {
  /** Its length in bytes, once what was added is durable. */
  add(rows: readonly RefusedRow[]): Promise<number>
  close(): Promise<void>
}

/**
 * Opens the list of refused rows.
 * @param bytes how much of it belongs to the rows that are done; what a killed worker wrote after them is cut off. A list
 *   that was removed meanwhile begins anew
 */
export async function openRefused(file: string, bytes: number): Promise<RefusedList> {
  const handle: FileHandle = await open(file, bytes === 0 ? 'w+' : 'a+')
  // Truncating to more than there is would fill it with zeros.
  let length = Math.min((await handle.stat()).size, bytes)
  await handle.truncate(length)
  const write = async (text: string) => {
    const buffer = Buffer.from(text)
    await handle.appendFile(buffer)
    length += buffer.length
  }
  return {
    async add(rows) {
      if (rows.length === 0 || length >= MOST_BYTES) return length
      const lines = rows.map(({ line, field, code, message, raw }) =>
        [String(line), field, code, message, raw].map(csvCell).join(','),
      )
      await write(`${length === 0 ? HEAD : ''}${lines.join('\n')}\n`)
      if (length >= MOST_BYTES) await write(',,,"More rows were refused; this list ends here.",\n')
      await handle.datasync()
      return length
    },
    close: () => handle.close(),
  }
}
