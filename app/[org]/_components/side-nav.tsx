'use client'
import { Building2, ChevronsUpDown, Mail, Plus, Search } from 'lucide-react'
import Link from 'next/link'
import { useParams, usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { useConsole } from '#app/_lib/console.tsx'
import { cx } from '#app/_ui/cx.ts'
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '#app/_ui/menu.tsx'
import { APP_NAV, ORG_NAV } from './nav.ts'
import { UserMenu } from './user-menu.tsx'

const PLATFORM = { ios: 'iOS', android: 'Android', web: 'Web' } as const

function Item({ href, current, children }: { href: string; current: boolean; children: ReactNode }) {
  return (
    <li>
      <Link
        href={href}
        aria-current={current ? 'page' : undefined}
        className={cx(
          'flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-line/60 hover:text-ink max-lg:h-10 [&_svg]:size-4',
          'aria-[current]:bg-line aria-[current]:font-medium aria-[current]:text-ink',
        )}
      >
        {children}
      </Link>
    </li>
  )
}

function Switcher({ label, name, hint, children }: { label: string; name: string; hint: string; children: ReactNode }) {
  return (
    <Menu
      label={label}
      align="start"
      className="w-56"
      trigger={
        <button
          type="button"
          aria-label={`${label}: ${name}`}
          className="flex w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-line/60"
        >
          <span className="min-w-0 flex-1">
            <span className="block truncate text-sm font-semibold">{name}</span>
            <span className="block truncate text-xs text-faint">{hint}</span>
          </span>
          <ChevronsUpDown className="size-4 shrink-0 text-faint" aria-hidden />
        </button>
      }
    >
      {children}
    </Menu>
  )
}

/** Organization and app switcher, the app's rooms, the organization's settings, and the person. */
export function SideNav({ onSearch }: { onSearch: () => void }) {
  const { org, organizations, apps, inboxUrl } = useConsole()
  const params = useParams<{ app?: string }>()
  const path = usePathname()
  const can = (permission: (typeof APP_NAV)[number]['permission']) => org.permissions.includes(permission)
  const app = apps.find(({ slug }) => slug === params.app) ?? apps[0]
  const base = app && `/${org.slug}/${app.slug}`
  const inSettings = path.startsWith(`/${org.slug}/settings`)
  return (
    <div className="flex h-full flex-col gap-1 overflow-y-auto p-2">
      <Switcher label="Organization" name={org.name} hint={org.role.replace('_', ' ')}>
        <MenuLabel>Organizations</MenuLabel>
        {organizations.map((other) => (
          <MenuItem key={other.slug} asChild>
            <Link href={`/${other.slug}`}>
              <Building2 />
              <span className="truncate">{other.name}</span>
            </Link>
          </MenuItem>
        ))}
        <MenuSeparator />
        <MenuItem asChild>
          <Link href="/onboarding?new=1">
            <Plus /> New organization
          </Link>
        </MenuItem>
      </Switcher>
      {app && (
        <Switcher label="App" name={app.name} hint={PLATFORM[app.platform]}>
          <MenuLabel>Apps</MenuLabel>
          {apps.map((other) => (
            <MenuItem key={other.slug} asChild>
              <Link href={`/${org.slug}/${other.slug}`}>
                <span className="min-w-0 flex-1 truncate">{other.name}</span>
                <span className="text-xs text-faint">{PLATFORM[other.platform]}</span>
              </Link>
            </MenuItem>
          ))}
          {can('apps:write') && (
            <>
              <MenuSeparator />
              <MenuItem asChild>
                <Link href={`/onboarding?org=${org.slug}`}>
                  <Plus /> Add an app
                </Link>
              </MenuItem>
            </>
          )}
        </Switcher>
      )}
      <button
        type="button"
        onClick={onSearch}
        className="my-1 flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-muted hover:text-ink max-lg:h-10"
      >
        <Search className="size-4" aria-hidden />
        Search
        <kbd className="ml-auto rounded border border-line px-1 font-sans text-xs text-faint">⌘K</kbd>
      </button>
      <nav aria-label="App">
        <ul className="flex flex-col gap-px">
          {base &&
            APP_NAV.filter((item) => can(item.permission)).map(({ path: sub, label, icon: Icon }) => {
              const href = sub ? `${base}/${sub}` : base
              const current = !inSettings && (sub ? path.startsWith(href) : path === href)
              return (
                <Item key={sub} href={href} current={current}>
                  <Icon aria-hidden />
                  {label}
                </Item>
              )
            })}
        </ul>
      </nav>
      <nav aria-label="Organization" className="mt-3">
        <p className="px-2 pb-1 text-xs text-faint">Organization</p>
        <ul className="flex flex-col gap-px">
          {ORG_NAV.filter((item) => can(item.permission)).map(({ path: sub, label }) => (
            <Item key={sub} href={`/${org.slug}/${sub}`} current={path === `/${org.slug}/${sub}`}>
              {label}
            </Item>
          ))}
        </ul>
      </nav>
      <div className="mt-auto flex flex-col gap-1 pt-4">
        {inboxUrl && (
          <a
            href={inboxUrl}
            target="_blank"
            rel="noreferrer"
            className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-muted hover:bg-hover hover:text-ink"
          >
            <Mail className="size-4" aria-hidden /> Demo inbox
          </a>
        )}
        <UserMenu />
      </div>
    </div>
  )
}
