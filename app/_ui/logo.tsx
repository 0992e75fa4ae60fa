import { cx } from './cx.ts'

/** The product's mark: three bars that grow out of one root. Decorative: the name stands beside it or on its link. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" className={cx('size-6 shrink-0', className)} fill="none" aria-hidden="true">
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
