import { mkdir, open, rm, stat, statfs } from 'node:fs/promises'
import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { type AppId, newId, type OrgId, type UserId } from '#server/platform/ids.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { fingerprintOf } from './files/source.ts'
import { folderOf, uploadedFile } from './folders.ts'
import { guess } from './guess.ts'
import { MOST_CHUNK_BYTES } from './schema.ts'

/** What the event log and the stores keep for themselves on the same disk, in bytes. */
const SPARE_BYTES = 1024 ** 3

export interface ImportApp {
  orgId: OrgId
  appId: AppId
}

const gigabytes = (bytes: number) => `${Math.round((bytes / 1024 ** 3) * 10) / 10} GB`

/**
 * Announces a file; its bytes come after it, piece by piece.
 * @throws AppError too_large past IMPORT_UPLOAD_MAX_BYTES, unavailable when the disk has no room for it
 */
export async function beginUpload(
  app: ImportApp,
  file: { fileName: string; bytes: number },
  userId: UserId,
): Promise<{ id: string }> {
  const { DATA_DIR, IMPORT_UPLOAD_MAX_BYTES } = env()
  if (file.bytes > IMPORT_UPLOAD_MAX_BYTES) {
    throw new AppError(
      'too_large',
      `The file is larger than ${gigabytes(IMPORT_UPLOAD_MAX_BYTES)}. Split it, or import it on the server: npm run admin -- import.`,
    )
  }
  await mkdir(folderOf(DATA_DIR), { recursive: true })
  const disk = await statfs(folderOf(DATA_DIR))
  if (disk.bavail * disk.bsize < file.bytes + SPARE_BYTES) {
    throw new AppError('unavailable', 'The server’s disk has no room for this file. Tell whoever operates it.')
  }
  const id = newId('import')
  const { orgId, appId } = app
  const { fileName, bytes: fileBytes } = file
  const guessed = { kind: 'events', format: 'csv', fingerprint: '', uploaded: true, status: 'uploading' }
  await withOrg(orgId, (tx) =>
    tx.import.create({ data: { id, orgId, appId, fileName, fileBytes, ...guessed, createdBy: userId } }),
  )
  return { id }
}

/**
 * Adds a piece to an announced file, durably when it is the last.
 * @param offset where the piece belongs; pieces come one after the other
 * @returns how many bytes are there now
 * @throws AppError conflict when the piece belongs elsewhere, too_large when it is too long
 */
export async function addPiece(
  id: string,
  offset: number,
  fileBytes: number,
  body: ReadableStream<Uint8Array>,
): Promise<{ received: number }> {
  const path = uploadedFile(env().DATA_DIR, id)
  const there = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (there < offset) throw new AppError('conflict', `The file has ${there} bytes so far. Go on from there.`)
  const handle = await open(path, there === 0 ? 'w' : 'r+')
  try {
    // A piece whose answer was lost is written once more over itself.
    let at = offset
    for await (const chunk of body) {
      if (at - offset + chunk.length > MOST_CHUNK_BYTES || at + chunk.length > fileBytes)
        throw new AppError('too_large', 'The piece is longer than was announced. Begin the upload again.')
      await handle.write(chunk, 0, chunk.length, at)
      at += chunk.length
    }
    if (at === fileBytes) await handle.sync()
    return { received: Math.max(at, there) }
  } finally {
    await handle.close()
  }
}

/**
 * Completes an upload: the file is whole, it is known what it is, and it waits to be started.
 * @throws AppError conflict when bytes are missing
 */
export async function finishUpload(app: ImportApp, id: string, fileBytes: number): Promise<void> {
  const path = uploadedFile(env().DATA_DIR, id)
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size !== fileBytes)
    throw new AppError('conflict', `${size} of ${fileBytes} bytes have arrived. Upload the file again.`)
  const { fingerprint } = await fingerprintOf(path)
  const guessed = await guess(path)
  await withOrg(app.orgId, (tx) =>
    tx.import.updateMany({
      where: { ...app, id, status: 'uploading' },
      data: { ...guessed, fingerprint, status: 'ready' },
    }),
  )
}

/** Removes an import's files. */
export async function removeFiles(id: string): Promise<void> {
  const path = uploadedFile(env().DATA_DIR, id)
  await Promise.all([rm(path, { force: true }), rm(`${path}.refused.csv`, { force: true })])
}
