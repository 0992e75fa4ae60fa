'use client'
import * as Slot from 'radix-ui/slot'
import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx.ts'

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: 'primary' | 'secondary' | 'ghost' | 'danger'
  size?: 'sm' | 'md' | 'lg'
  /** Shows that the action is under way and refuses further presses. */
  pending?: boolean
  /** Renders the single child (a link, say) with the button's look. */
  asChild?: boolean
}

/**
 * A button that says what it does. `type` is `button` unless given.
 * @example <Button variant="primary" pending={mutation.isPending}>Create link</Button>
 * @example <Button asChild><Link href="/docs">Read the quickstart</Link></Button>
 */
export function Button({
  variant = 'secondary',
  size = 'md',
  pending,
  asChild,
  className,
  type,
  disabled,
  ...rest
}: ButtonProps) {
  const classes = cx('ui-button', `ui-button-${variant}`, size !== 'md' && `ui-button-${size}`, className)
  if (asChild) return <Slot.Root className={classes} {...rest} />
  return (
    <button
      type={type ?? 'button'}
      className={classes}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      {...rest}
    />
  )
}

/**
 * A square button that shows only an icon; `label` is its accessible name and its title.
 * @example <IconButton label="Copy the link"><Copy /></IconButton>
 */
export function IconButton({
  label,
  children,
  className,
  ...rest
}: ButtonProps & { label: string; children: ReactNode }) {
  return (
    <Button
      variant="ghost"
      aria-label={label}
      title={label}
      className={cx('w-8 px-0 max-sm:size-10', className)}
      {...rest}
    >
      {children}
    </Button>
  )
}
