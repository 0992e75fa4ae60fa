import { cookies } from 'next/headers'
import { MonitorIcon, MoonIcon, SunIcon } from './icons.tsx'

const CHOICES = [
  { value: 'light', label: 'Light', icon: <SunIcon /> },
  { value: 'dark', label: 'Dark', icon: <MoonIcon /> },
  { value: 'system', label: 'As the system', icon: <MonitorIcon /> },
] as const

/** The choice of theme as markup; enhance.tsx applies it. The pressed button is the one that the visitor's cookie names. */
export async function ThemeChoice() {
  const cookie = (await cookies()).get('theme')?.value
  const current = cookie === 'light' || cookie === 'dark' ? cookie : 'system'
  return (
    <fieldset className="inline-flex rounded-md bg-hover p-0.5">
      <legend className="sr-only">Theme</legend>
      {CHOICES.map(({ value, label, icon }) => (
        <button
          key={value}
          type="button"
          data-theme-choice={value}
          aria-label={label}
          title={label}
          aria-pressed={value === current}
          className="flex size-8 items-center justify-center rounded text-muted hover:text-ink aria-pressed:bg-surface aria-pressed:text-ink aria-pressed:shadow-sm max-sm:size-10"
        >
          {icon}
        </button>
      ))}
    </fieldset>
  )
}
