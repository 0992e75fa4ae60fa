'use client'
import * as Slot from 'radix-ui/slot'
import type { KeyboardEvent, ReactNode } from 'react'

/**
 * The trigger of something whose code is not loaded yet: looks and speaks like the real one, loads when the hand comes near,
 * and opens on a press (or, for menus, the down arrow).
 */
export function ClosedTrigger({
  kind,
  onNear,
  onOpen,
  children,
}: {
  kind: 'menu' | 'dialog'
  onNear: () => void
  onOpen: () => void
  /** One element that takes a ref and handlers. */
  children: ReactNode
}) {
  return (
    <Slot.Root
      aria-haspopup={kind}
      aria-expanded={false}
      data-state="closed"
      onPointerEnter={onNear}
      onFocus={onNear}
      onClick={onOpen}
      onKeyDown={(event: KeyboardEvent) => {
        if (kind !== 'menu' || event.key !== 'ArrowDown') return
        event.preventDefault()
        onOpen()
      }}
    >
      {children}
    </Slot.Root>
  )
}
