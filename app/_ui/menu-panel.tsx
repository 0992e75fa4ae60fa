'use client'
import * as Radix from 'radix-ui/dropdown-menu'
import { cx } from './cx.ts'
import type { MenuProps } from './menu.tsx'
import { MenuParts } from './menu-parts.ts'

/** The working menu; Menu loads it when it is first opened, and so it begins open. */
export function MenuPanel({ label, trigger, align, className, children }: MenuProps) {
  return (
    <Radix.Root modal={false} defaultOpen>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align ?? 'end'}
          sideOffset={6}
          collisionPadding={8}
          className={cx('ui-pop max-h-[70vh] min-w-48 overflow-y-auto p-1', className)}
        >
          <MenuParts value={Radix}>{children}</MenuParts>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
