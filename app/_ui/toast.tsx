'use client'
import { X } from 'lucide-react'
import { useEffect, useSyncExternalStore } from 'react'
import { IconButton } from './button.tsx'
import { cx } from './cx.ts'

interface ToastEntry {
  id: number
  tone: 'info' | 'error'
  message: string
  action?: { label: string; onPress: () => void }
}

let entries: readonly ToastEntry[] = []
let lastId = 0
const listeners = new Set<() => void>()

function set(next: readonly ToastEntry[]) {
  entries = next
  for (const listener of listeners) listener()
}

function add(entry: Omit<ToastEntry, 'id'>) {
  lastId += 1
  set([...entries.slice(-2), { ...entry, id: lastId }])
}

/**
 * Short messages at the lower edge, read out by screen readers; an undo belongs into `action`.
 * Our own few lines, because the usual libraries inject a style sheet that the content security policy refuses.
 * @example toast.done('Link archived.', { label: 'Undo', onPress: restore })
 */
export const toast = {
  done(message: string, action?: ToastEntry['action']) {
    add({ tone: 'info', message, action })
  },
  failed(message: string, action?: ToastEntry['action']) {
    add({ tone: 'error', message, action })
  },
}

function Entry({ entry }: { entry: ToastEntry }) {
  const close = () => set(entries.filter((other) => other.id !== entry.id))
  useEffect(() => {
    const timer = setTimeout(
      () => set(entries.filter((other) => other.id !== entry.id)),
      entry.tone === 'error' ? 12_000 : 6_000,
    )
    return () => clearTimeout(timer)
  }, [entry])
  return (
    <div
      role={entry.tone === 'error' ? 'alert' : 'status'}
      className={cx('ui-pop flex animate-appear items-center gap-2 py-1 pr-1 pl-3 text-sm')}
    >
      {entry.tone === 'error' && <span aria-hidden className="size-2 shrink-0 rounded-full bg-negative" />}
      <span className="min-w-0 flex-1 break-words">{entry.message}</span>
      {entry.action && (
        <button
          type="button"
          className="ui-button ui-button-ghost ui-button-sm text-accent-ink"
          onClick={() => {
            entry.action?.onPress()
            close()
          }}
        >
          {entry.action.label}
        </button>
      )}
      <IconButton label="Dismiss" onClick={close}>
        <X />
      </IconButton>
    </div>
  )
}

const EMPTY: readonly ToastEntry[] = []

/** The place where toasts appear; stands once in a layout. */
export function Toaster() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => entries,
    () => EMPTY,
  )
  return (
    <section
      aria-label="Messages"
      className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col items-end gap-2 [&>*]:pointer-events-auto [&>*]:max-w-md"
    >
      {shown.map((entry) => (
        <Entry key={entry.id} entry={entry} />
      ))}
    </section>
  )
}
