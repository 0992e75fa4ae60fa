'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useRef, useState } from 'react'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC, useTRPCClient } from '#app/_lib/trpc/client.ts'
import { describeError } from '#app/_ui/states.tsx'

/** At most what the server takes at once. */
const PIECE_BYTES = 4 * 2 ** 20
/** A piece is sent so often before the upload is given up; between two tries a network has a moment to come back. */
const TRIES = 5
const WAIT_MS = 1500

/** An upload under way. */
export interface Upload {
  fileName: string
  bytes: number
  sent: number
  /** Whether all is sent and the server looks at it. */
  checking: boolean
  error: string | null
}

/**
 * Uploads a file in pieces, so that a network that fails for a moment costs one piece.
 * @param onReady told the import's id once the file is whole
 */
export function useUpload(onReady: (id: string) => void): {
  upload: Upload | null
  start: (file: File) => void
  cancel: () => void
} {
  const client = useTRPCClient()
  const trpc = useTRPC()
  const queries = useQueryClient()
  const scope = useAppScope()
  const [upload, setUpload] = useState<Upload | null>(null)
  const abort = useRef<AbortController | null>(null)

  const start = useCallback(
    (file: File) => {
      const stopped = new AbortController()
      abort.current = stopped
      const state: Upload = { fileName: file.name, bytes: file.size, sent: 0, checking: false, error: null }
      const show = (more: Partial<Upload>) => {
        if (!stopped.signal.aborted) setUpload({ ...Object.assign(state, more) })
      }
      show({})
      /** The import while its file is not whole. */
      let unfinished: string | undefined
      const work = async () => {
        const { id } = await client.imports.begin.mutate({
          ...scope,
          fileName: file.name.slice(-200),
          bytes: file.size,
        })
        unfinished = id
        for (let sent = 0; sent < file.size; sent += PIECE_BYTES) {
          const piece = file.slice(sent, sent + PIECE_BYTES)
          const query = new URLSearchParams({ ...scope, offset: String(sent) })
          await sendPiece(`/api/imports/${id}/bytes?${query}`, piece, stopped.signal)
          show({ sent: sent + piece.size })
        }
        show({ checking: true })
        await client.imports.finish.mutate({ ...scope, id })
        unfinished = undefined
        await queries.invalidateQueries(trpc.imports.list.queryFilter(scope))
        if (stopped.signal.aborted) return
        setUpload(null)
        onReady(id)
      }
      work().catch((error: unknown) => {
        show({ error: describeError(error).message })
        // It stands in no list and takes room; where this fails, too, it is removed after a day.
        if (unfinished) client.imports.remove.mutate({ ...scope, id: unfinished }).catch(() => undefined)
      })
    },
    [client, queries, trpc, scope, onReady],
  )
  const cancel = useCallback(() => {
    abort.current?.abort()
    setUpload(null)
  }, [])
  return { upload, start, cancel }
}

async function sendPiece(url: string, piece: Blob, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const failure = await fetch(url, { method: 'POST', body: piece, signal }).then(
      async (response) => {
        if (response.ok) return null
        const said = (await response.json().catch(() => null)) as { error?: { message?: string } } | null
        const message = said?.error?.message ?? `The server answered ${response.status}.`
        return { message, final: response.status < 500 && response.status !== 429 }
      },
      (error: unknown) => ({ message: describeError(error).message, final: false }),
    )
    if (failure === null) return
    signal.throwIfAborted()
    if (failure.final || attempt === TRIES) throw new Error(failure.message)
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS * attempt))
  }
}
