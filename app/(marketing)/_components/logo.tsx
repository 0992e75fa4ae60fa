/**
 * The product's mark: three touchpoints, one of which earned the install. Drawn in the text colour and the accent.
 * @param size edge in CSS pixels
 * @example <LogoMark size={24} />
 */
export function LogoMark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="none" aria-hidden="true" focusable="false">
      <path d="M7 7.5h4.5c5 0 4.5 8.5 9 8.5" stroke="var(--accent-ink)" strokeWidth="3" strokeLinecap="round" />
      <circle cx="6" cy="7.5" r="3.5" fill="var(--accent-ink)" />
      <circle cx="6" cy="16" r="2.5" fill="currentColor" opacity="0.45" />
      <circle cx="6" cy="24.5" r="2.5" fill="currentColor" opacity="0.45" />
      <circle cx="24" cy="16" r="5" stroke="currentColor" strokeWidth="3" />
    </svg>
  )
}

/**
 * Mark and name. The name hides on the narrowest screens, where the mark's label stands for it.
 * @example <Logo />
 */
export function Logo() {
  return (
    <span className="flex items-center gap-2 text-ink">
      <LogoMark />
      <span className="text-[16px] font-semibold tracking-tight max-[430px]:sr-only">UnMoGrowP</span>
    </span>
  )
}
