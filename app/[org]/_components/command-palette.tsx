'use client'
import { useQuery } from '@tanstack/react-query'
import { Command } from 'cmdk'
import { Building2, Link2, Megaphone, Moon, Settings, Smartphone, Sun } from 'lucide-react'
import { useParams, useRouter } from 'next/navigation'
import * as Dialog from 'radix-ui/dialog'
import { type ReactNode, useState } from 'react'
import { useConsole } from '#app/_lib/console.tsx'
import { addDays, todayIn } from '#app/_lib/days.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { applyTheme } from '#app/_ui/apply-theme.ts'
import { APP_NAV, ORG_NAV } from './nav.ts'
import { scoreItem } from './score-item.ts'

const ITEM =
  'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint'
const MOST = 30

/** `id` tells items apart and says their kind; `names` are what people call it. Both are searched. */
function Item({
  id,
  names,
  onSelect,
  children,
}: {
  id: string
  names: string[]
  onSelect: () => void
  children: ReactNode
}) {
  return (
    <Command.Item value={id} keywords={names} onSelect={onSelect} className={ITEM}>
      {children}
    </Command.Item>
  )
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-faint"
    >
      {children}
    </Command.Group>
  )
}

/** ⌘K: any page, app, link, campaign and action by a few letters. Loaded when it is first opened. */
export function CommandPalette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { org, organizations, apps } = useConsole()
  const params = useParams<{ app?: string }>()
  const router = useRouter()
  const trpc = useTRPC()
  const [search, setSearch] = useState('')
  const app = apps.find(({ slug }) => slug === params.app) ?? apps[0]
  const can = (permission: (typeof APP_NAV)[number]['permission']) => org.permissions.includes(permission)
  const scope = { org: org.slug, app: app?.slug ?? '' }
  const today = todayIn(app?.timezone ?? 'UTC')
  const links = useQuery(
    trpc.links.list.queryOptions(scope, { enabled: open && app !== undefined && can('links:read') }),
  )
  const campaigns = useQuery(
    trpc.reports.dimensionValues.queryOptions(
      { ...scope, dimension: 'campaign', from: addDays(today, -89), to: addDays(today, 1) },
      { enabled: open && app !== undefined && can('reports:read'), staleTime: 300_000 },
    ),
  )
  const close = () => {
    onOpenChange(false)
    setSearch('')
  }
  const go = (href: string) => () => {
    close()
    router.push(href)
  }
  const base = `/${org.slug}/${app?.slug ?? ''}`
  /** The campaign's own figures where the links name its one media source, else its installs. */
  const campaignHref = (campaign: string) => {
    const named = (links.data ?? []).filter((link) => link.campaign === campaign)
    const [source, ...others] = new Set(named.map((link) => link.mediaSource))
    return source && others.length === 0
      ? `${base}/campaigns?${new URLSearchParams({ range: '90d', media_source: source, campaign })}`
      : `${base}/installs?campaign=${encodeURIComponent(campaign)}`
  }
  const wanted = search.trim().toLowerCase()
  const found = (text: string) => wanted !== '' && text.toLowerCase().includes(wanted)
  return (
    <Dialog.Root open={open} onOpenChange={(next) => (next ? onOpenChange(true) : close())}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Dialog.Content
          aria-describedby={undefined}
          className="ui-pop fixed inset-x-2 top-[10vh] mx-auto flex max-h-[70vh] max-w-xl flex-col overflow-hidden"
        >
          <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
          <Command label="Search and commands" filter={scoreItem} loop className="flex min-h-0 flex-col">
            <Command.Input
              autoFocus
              value={search}
              onValueChange={setSearch}
              placeholder="Go to a page, app, link or campaign"
              className="h-12 w-full shrink-0 border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-faint"
            />
            <Command.List className="min-h-0 overflow-y-auto p-2">
              <Command.Empty className="px-3 py-8 text-center text-sm text-muted">Nothing has that name.</Command.Empty>
              {app && (
                <Group heading={app.name}>
                  {APP_NAV.filter((item) => can(item.permission)).map(({ path, label, also = [], icon: Icon }) => (
                    <Item
                      key={label}
                      id={`page ${label}`}
                      names={[label, ...also]}
                      onSelect={go(path ? `${base}/${path}` : base)}
                    >
                      <Icon aria-hidden /> {label}
                    </Item>
                  ))}
                </Group>
              )}
              <Group heading={org.name}>
                {ORG_NAV.filter((item) => can(item.permission)).map(({ path, label }) => (
                  <Item
                    key={path}
                    id={`organization settings ${label}`}
                    names={[label]}
                    onSelect={go(`/${org.slug}/${path}`)}
                  >
                    <Settings aria-hidden /> {label}
                  </Item>
                ))}
              </Group>
              {apps.length > 1 && (
                <Group heading="Apps">
                  {apps.map((other) => (
                    <Item
                      key={other.slug}
                      id={`app ${other.slug}`}
                      names={[other.name, other.slug]}
                      onSelect={go(`/${org.slug}/${other.slug}`)}
                    >
                      <Smartphone aria-hidden /> {other.name}
                    </Item>
                  ))}
                </Group>
              )}
              {organizations.length > 1 && (
                <Group heading="Organizations">
                  {organizations.map((other) => (
                    <Item
                      key={other.slug}
                      id={`organization ${other.slug}`}
                      names={[other.name, other.slug]}
                      onSelect={go(`/${other.slug}`)}
                    >
                      <Building2 aria-hidden /> {other.name}
                    </Item>
                  ))}
                </Group>
              )}
              <Group heading="Campaigns">
                {(campaigns.data ?? [])
                  .filter((campaign) => campaign !== '' && found(campaign))
                  .slice(0, MOST)
                  .map((campaign) => (
                    <Item
                      key={campaign}
                      id={`campaign ${campaign}`}
                      names={[campaign]}
                      onSelect={go(campaignHref(campaign))}
                    >
                      <Megaphone aria-hidden /> <span className="truncate">{campaign}</span>
                    </Item>
                  ))}
              </Group>
              <Group heading="Links">
                {(links.data ?? [])
                  .filter((link) => found(`${link.name} ${link.mediaSource} ${link.campaign}`))
                  .slice(0, MOST)
                  .map((link) => (
                    <Item
                      key={link.linkId}
                      id={`link ${link.linkId}`}
                      names={[link.name, link.mediaSource, link.campaign]}
                      onSelect={go(`${base}/links?search=${encodeURIComponent(link.name)}`)}
                    >
                      <Link2 aria-hidden /> <span className="truncate">{link.name}</span>
                      <span className="ml-auto truncate text-xs text-faint">{link.mediaSource}</span>
                    </Item>
                  ))}
              </Group>
              <Group heading="Theme">
                <Item id="theme light" names={['Light theme']} onSelect={() => applyTheme('light')}>
                  <Sun aria-hidden /> Light theme
                </Item>
                <Item id="theme dark" names={['Dark theme']} onSelect={() => applyTheme('dark')}>
                  <Moon aria-hidden /> Dark theme
                </Item>
              </Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
