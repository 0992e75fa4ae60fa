import type { ComponentProps } from 'react'
import { cx } from './cx.ts'

/** A text input. Inside a `Field` it gets id, description and error by itself through the field's render function. */
export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cx('ui-input', className)} {...rest} />
}

/** A text area of several lines. */
export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cx('ui-input', className)} {...rest} />
}

/**
 * The platform's own select: fast, and at home on a phone.
 * @example <Select value={platform} onChange={(event) => setPlatform(event.target.value)}><option value="ios">iOS</option></Select>
 */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={cx('ui-input', className)} {...rest} />
}

/**
 * A checkbox with its label, which is part of the target.
 * @example <Checkbox label="Show archived links" checked={archived} onChange={(event) => setArchived(event.target.checked)} />
 */
export function Checkbox({
  label,
  hint,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { label: string; hint?: string }) {
  return (
    <label className={cx('flex items-start gap-2 text-sm', className)}>
      <input type="checkbox" className="mt-0.5 size-4 shrink-0 accent-accent" {...rest} />
      <span>
        {label}
        {hint && <span className="block text-muted">{hint}</span>}
      </span>
    </label>
  )
}
