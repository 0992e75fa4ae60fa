'use client'
import { useMutation } from '@tanstack/react-query'
import { ChevronsUpDown, LogOut } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useConsole } from '#app/_lib/console.tsx'
import { applyTheme, type Theme } from '#app/_ui/apply-theme.ts'
import { Menu, MenuCheckbox, MenuItem, MenuLabel, MenuSeparator } from '#app/_ui/menu.tsx'
import { toast } from '#app/_ui/toast.tsx'

/** Ends the session on the server and leaves for the sign-in page with a full load, so that nothing of it stays in memory. */
async function signOut(): Promise<void> {
  const { csrfToken } = (await (await fetch('/api/auth/csrf')).json()) as { csrfToken: string }
  const answer = await fetch('/api/auth/signout', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ csrfToken, callbackUrl: '/sign-in', json: 'true' }),
  })
  if (!answer.ok) throw new Error(`sign-out answered ${answer.status}`)
  window.location.assign('/sign-in')
}

const THEMES = [
  { value: 'system', label: 'Theme of the system' },
  { value: 'light', label: 'Light theme' },
  { value: 'dark', label: 'Dark theme' },
] as const

/** The person, the theme, and the way out. */
export function UserMenu() {
  const { user } = useConsole()
  const [theme, setTheme] = useState<Theme>('system')
  useEffect(() => {
    const current = document.documentElement.dataset.theme
    if (current === 'light' || current === 'dark') setTheme(current)
  }, [])
  const leave = useMutation({
    mutationFn: signOut,
    onError: () => toast.failed('Signing out did not work. Try again.'),
  })
  return (
    <Menu
      label="Account"
      align="start"
      className="w-56"
      trigger={
        <button
          type="button"
          aria-label={`Account: ${user.email}`}
          className="flex w-full items-center gap-2 rounded-md px-2 py-1.5 text-left hover:bg-hover"
        >
          <span
            aria-hidden
            className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink uppercase"
          >
            {(user.name ?? user.email).slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate text-sm">{user.name ?? user.email}</span>
          <ChevronsUpDown className="size-4 shrink-0 text-faint" aria-hidden />
        </button>
      }
    >
      <MenuLabel>{user.email}</MenuLabel>
      <MenuSeparator />
      {THEMES.map(({ value, label }) => (
        <MenuCheckbox
          key={value}
          checked={theme === value}
          onChange={() => {
            setTheme(value)
            applyTheme(value)
          }}
        >
          {label}
        </MenuCheckbox>
      ))}
      <MenuSeparator />
      <MenuItem onSelect={() => leave.mutate()}>
        <LogOut /> Sign out
      </MenuItem>
    </Menu>
  )
}
