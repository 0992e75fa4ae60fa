'use client'
import * as Radix from 'radix-ui/popover'
import { cx } from './cx.ts'
import type { PopoverProps } from './popover.tsx'

/** The working popover; Popover loads it when it is first opened, and so it begins open. */
export function PopoverPanel({ label, trigger, align, open, onOpenChange, className, children }: PopoverProps) {
  return (
    <Radix.Root {...(open === undefined ? { defaultOpen: true } : { open })} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align ?? 'start'}
          sideOffset={6}
          collisionPadding={8}
          className={cx('ui-pop max-w-[calc(100vw-16px)] p-3 text-sm', className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
