'use client'
import { lazy, type ReactNode, Suspense, startTransition, useState } from 'react'
import { ClosedTrigger } from './closed-trigger.tsx'
import { cx } from './cx.ts'
import { useMenuParts } from './menu-parts.ts'

const load = () => import('./menu-panel.tsx')
const Panel = lazy(() => load().then((module) => ({ default: module.MenuPanel })))

const ITEM =
  'flex h-8 items-center gap-2 rounded px-2 text-sm outline-none select-none max-sm:h-10 data-[highlighted]:bg-hover data-[disabled]:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint'

export interface MenuProps {
  label: string
  trigger: ReactNode
  align?: 'start' | 'center' | 'end'
  className?: string
  children: ReactNode
}

/**
 * A menu of actions and links, moved through by arrow keys and first letters. Its code is loaded when the hand comes near.
 * @example
 * <Menu label="Link actions" trigger={<IconButton label="More"><Ellipsis /></IconButton>}>
 *   <MenuItem onSelect={archive}>Archive</MenuItem>
 *   <MenuItem asChild><Link href={url}>Open</Link></MenuItem>
 * </Menu>
 */
export function Menu(props: MenuProps) {
  const [used, setUsed] = useState(false)
  const closed = (
    <ClosedTrigger kind="menu" onNear={() => void load()} onOpen={() => startTransition(() => setUsed(true))}>
      {props.trigger}
    </ClosedTrigger>
  )
  if (!used) return closed
  return (
    <Suspense fallback={closed}>
      <Panel {...props} />
    </Suspense>
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
  const { Item } = useMenuParts()
  return (
    <Item
      asChild={asChild}
      disabled={disabled}
      onSelect={onSelect}
      className={cx(ITEM, destructive && 'text-negative')}
    >
      {children}
    </Item>
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
  const { CheckboxItem } = useMenuParts()
  return (
    <CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={ITEM}
    >
      <span className="flex w-4 justify-center" aria-hidden>
        {checked ? '✓' : ''}
      </span>
      {children}
    </CheckboxItem>
  )
}

/** A heading inside a Menu. */
export function MenuLabel({ children }: { children: ReactNode }) {
  const { Label } = useMenuParts()
  return <Label className="px-2 pt-1.5 pb-1 text-xs text-faint">{children}</Label>
}

/** A line between groups of a Menu. */
export function MenuSeparator() {
  const { Separator } = useMenuParts()
  return <Separator className="my-1 h-px bg-line" />
}
