'use client'
import { X } from 'lucide-react'
import * as Radix from 'radix-ui/dialog'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import { cx } from './cx.ts'

/**
 * A modal dialog: focus stays inside, Escape closes it. On a phone it fills the width at the bottom.
 * @example
 * <Dialog open={open} onOpenChange={setOpen} title="Create link" description="Where a tap leads, and what it counts for."
 *   footer={<Button variant="primary" form="link" type="submit">Create link</Button>}>…</Dialog>
 */
export function Dialog({
  open,
  onOpenChange,
  trigger,
  title,
  description,
  footer,
  wide,
  side,
  children,
}: {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  /** Element that opens it, when it is not controlled. */
  trigger?: ReactNode
  title: ReactNode
  description?: ReactNode
  footer?: ReactNode
  wide?: boolean
  /** A sheet at the right edge, for details beside a list. */
  side?: boolean
  children: ReactNode
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger && <Radix.Trigger asChild>{trigger}</Radix.Trigger>}
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cx(
            'ui-pop fixed flex flex-col',
            side
              ? 'inset-y-0 right-0 w-full max-w-2xl rounded-none sm:rounded-l-lg'
              : cx(
                  'inset-x-0 bottom-0 max-h-[92dvh] sm:inset-auto sm:top-[12vh] sm:left-1/2 sm:max-h-[76vh] sm:w-full sm:-translate-x-1/2',
                  wide ? 'sm:max-w-2xl' : 'sm:max-w-md',
                ),
          )}
        >
          <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-2">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold break-words">{title}</Radix.Title>
              {description && <Radix.Description className="text-sm text-muted">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close">
                <X />
              </IconButton>
            </Radix.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard */}
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5" tabIndex={0}>
            {children}
          </div>
          {footer && <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Closes the dialog it stands in. @example <DialogClose><Button>Cancel</Button></DialogClose> */
export function DialogClose({ children }: { children: ReactNode }) {
  return <Radix.Close asChild>{children}</Radix.Close>
}
