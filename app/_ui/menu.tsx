'use client'
import * as Radix from 'radix-ui/dropdown-menu'
import type { ReactNode } from 'react'
import { cx } from './cx.ts'

const ITEM =
  'flex h-8 items-center gap-2 rounded px-2 text-sm outline-none select-none max-sm:h-10 data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint'

/**
 * A menu of actions and links, moved through by arrow keys and first letters.
 * @example
 * <Menu label="Link actions" trigger={<IconButton label="More"><Ellipsis /></IconButton>}>
 *   <MenuItem onSelect={archive}>Archive</MenuItem>
 *   <MenuItem asChild><Link href={url}>Open</Link></MenuItem>
 * </Menu>
 */
export function Menu({
  label,
  trigger,
  align = 'end',
  className,
  children,
}: {
  label: string
  trigger: ReactNode
  align?: 'start' | 'center' | 'end'
  className?: string
  children: ReactNode
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className={cx('ui-pop max-h-[70vh] min-w-48 overflow-y-auto p-1', className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** One entry of a Menu. With `asChild` the single child (a link) becomes the entry. */
export function MenuItem({
  onSelect,
  asChild,
  disabled,
  destructive,
  children,
}: {
  onSelect?: (event: Event) => void
  asChild?: boolean
  disabled?: boolean
  destructive?: boolean
  children: ReactNode
}) {
  return (
    <Radix.Item
      asChild={asChild}
      disabled={disabled}
      onSelect={onSelect}
      className={cx(ITEM, destructive && 'text-negative')}
    >
      {children}
    </Radix.Item>
  )
}

/** An entry of a Menu that is on or off; choosing it leaves the menu open. */
export function MenuCheckbox({
  checked,
  onChange,
  children,
}: {
  checked: boolean
  onChange: (checked: boolean) => void
  children: ReactNode
}) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={ITEM}
    >
      <span className="flex w-4 justify-center" aria-hidden>
        {checked ? '✓' : ''}
      </span>
      {children}
    </Radix.CheckboxItem>
  )
}

/** A heading inside a Menu. */
export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-xs text-faint">{children}</Radix.Label>
}

/** A line between groups of a Menu. */
export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />
}
