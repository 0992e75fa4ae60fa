import { cx } from './cx.ts'

/** The product's mark: three bars that grow out of one root. Decorative unless `title` is given. */
export function LogoMark({ className, title }: { className?: string; title?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className={cx('size-6 shrink-0', className)}
      fill="none"
      role={title ? 'img' : undefined}
      aria-hidden={title ? undefined : true}
    >
      {title && <title>{title}</title>}
      <rect width="24" height="24" rx="6" fill="var(--accent)" />
      <path d="M6.5 18v-4.5M12 18V10M17.5 18V6" stroke="#fff" strokeWidth="2.5" strokeLinecap="round" />
      <path
        d="M6.5 8.5 12 5l2 1.2"
        stroke="#fff"
        strokeOpacity=".65"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
