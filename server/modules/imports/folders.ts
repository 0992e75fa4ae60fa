import { join } from 'node:path'

/**
 * Where imports keep their files, under DATA_DIR: web writes what is uploaded and the jobs role reads it, so both need the
 * same DATA_DIR. Ids are ours and hold no path.
 */
export function folderOf(dataDir: string): string {
  return join(dataDir, 'uploads')
}

/** An uploaded file. */
export const uploadedFile = (dataDir: string, id: string): string => join(folderOf(dataDir), safe(id))

/** The rows of an import that were refused, as CSV; absent while there are none. */
export const refusedFile = (dataDir: string, id: string): string => join(folderOf(dataDir), `${safe(id)}.refused.csv`)

function safe(id: string): string {
  if (!/^imp_\w+$/.test(id)) throw new Error(`${id} is no import's id.`)
  return id
}
