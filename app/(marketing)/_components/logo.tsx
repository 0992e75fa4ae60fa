import { LogoMark } from '#app/_ui/logo.tsx'

/**
 * Mark and name. The name hides on the narrowest screens, where the link's label stands for it.
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
