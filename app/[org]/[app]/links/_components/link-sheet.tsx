'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { describeError, ErrorState, Skeleton } from '#app/_ui/states.tsx'
import { downloadText } from '#app/_ui/table/index.ts'
import { toast } from '#app/_ui/toast.tsx'
import type { LinkRow } from './links-room.tsx'

/** One link in a sheet: addresses to copy, QR code, every field, edit and archive. */
export function LinkSheet({
  link,
  mayWrite,
  timeZone,
  onClose,
  onEdit,
}: {
  link: LinkRow | undefined
  mayWrite: boolean
  timeZone: string
  onClose: () => void
  onEdit: () => void
}) {
  const setArchived = useArchive()
  return (
    <Dialog
      side
      open={link !== undefined}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={link?.name ?? 'Link'}
      {...(link ? { description: `${link.mediaSource} · ${link.campaign}` } : {})}
      {...(link && mayWrite
        ? {
            footer: (
              <>
                <Button
                  onClick={() => {
                    onClose()
                    setArchived(link, link.archivedAt === null)
                  }}
                >
                  {link.archivedAt ? 'Take back into use' : 'Archive'}
                </Button>
                <Button variant="primary" onClick={onEdit}>
                  Edit link
                </Button>
              </>
            ),
          }
        : {})}
    >
      {link && (
        <div className="flex flex-col gap-5">
          <div className="flex flex-col gap-3">
            <Address label="Click address" hint="Counts a click and leads on." value={link.clickUrl} />
            <Address label="View address" hint="A 1×1 image for ad views; counts a view." value={link.viewUrl} />
          </div>
          <QrCode link={link} />
          <Facts link={link} timeZone={timeZone} />
        </div>
      )}
    </Dialog>
  )
}

/** Archives at once and offers the way back, instead of asking first. */
function useArchive(): (link: LinkRow, archived: boolean) => void {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const archive = useMutation(trpc.links.archive.mutationOptions())
  const run = async (link: LinkRow, archived: boolean) => {
    try {
      await archive.mutateAsync({ ...scope, linkId: link.linkId, archived })
      toast.done(
        archived ? `“${link.name}” archived. Its address answers 404 now.` : `“${link.name}” is in use again.`,
        {
          label: 'Undo',
          onPress: () => void run(link, !archived),
        },
      )
    } catch (error) {
      toast.failed(describeError(error).message)
    }
    await queryClient.invalidateQueries(trpc.links.pathFilter())
  }
  return (link, archived) => void run(link, archived)
}

function Address({ label, hint, value }: { label: string; hint: string; value: string }) {
  return (
    <div>
      <p className="pb-1 text-sm font-medium">
        {label} <span className="font-normal text-muted">· {hint}</span>
      </p>
      <CopyField value={value} label={`Copy the ${label.toLowerCase()}`} />
    </div>
  )
}

function QrCode({ link }: { link: LinkRow }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const qr = useQuery(
    trpc.links.qr.queryOptions({ ...scope, linkId: link.linkId }, { staleTime: Number.POSITIVE_INFINITY }),
  )
  if (qr.isError) return <ErrorState error={qr.error} retry={() => void qr.refetch()} className="py-4" />
  return (
    <div className="flex flex-wrap items-center gap-4">
      {qr.isPending ? (
        <Skeleton className="size-40" />
      ) : (
        // biome-ignore lint/performance/noImgElement: the code is inline data, there is nothing to optimise
        <img
          className="size-40 rounded-md border border-line bg-white"
          alt={`QR code of ${link.clickUrl}`}
          src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(qr.data)}`}
        />
      )}
      <div className="flex flex-col gap-2">
        <p className="max-w-56 text-sm text-muted">For posters and packages: a scan is a click.</p>
        <Button
          disabled={!qr.data}
          onClick={() => qr.data && downloadText(`${link.name}.svg`, qr.data, 'image/svg+xml')}
        >
          <Download aria-hidden />
          Download SVG
        </Button>
      </div>
    </div>
  )
}

function Facts({ link, timeZone }: { link: LinkRow; timeZone: string }) {
  const facts: [label: string, value: string | null][] = [
    ['Retargeting', link.isRetargeting ? 'Yes' : null],
    ['Ad set', link.adSet],
    ['Ad', link.ad],
    ['Creative', link.creative],
    ['Site id', link.siteId],
    ...Object.entries(link.subParams).map(([name, value]): [string, string] => [name, value]),
    ['On Android', link.androidUrl],
    ['On iPhone and iPad', link.iosUrl],
    ['On a computer', link.webUrl],
    ['Deep link', link.deepLink],
    ['Everybody else', link.fallbackUrl],
    ['Allowed hosts', link.allowedHosts.join(', ')],
    ['Created', formatDateTime(link.createdAt, timeZone)],
  ]
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {facts.map(([label, value]) =>
        value ? (
          <div key={label} className="contents">
            <dt className="text-muted">{label}</dt>
            <dd className="break-all">{value}</dd>
          </div>
        ) : null,
      )}
    </dl>
  )
}
