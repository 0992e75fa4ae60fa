/** How far something is, as a bar with its share read out. @param share from 0 to 1 */
export function ProgressBar({ label, share }: { label: string; share: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100)
  return (
    <div className="flex items-center gap-2">
      <progress aria-label={label} value={percent} max={100} className="h-1.5 w-full min-w-24 accent-accent" />
      <span className="w-10 text-right text-xs tabular-nums text-muted">{percent} %</span>
    </div>
  )
}
