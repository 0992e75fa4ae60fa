'use client'
import { Menu as MenuIcon, Search } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { type ReactNode, useEffect, useState } from 'react'
import { allowInjectedStyles } from '#app/_lib/nonce.ts'
import { IconButton } from '#app/_ui/button.tsx'
import { LogoMark } from '#app/_ui/logo.tsx'
import { QuotaBanner } from './quota-banner.tsx'
import { SideNav } from './side-nav.tsx'

allowInjectedStyles()

const Drawer = dynamic(() => import('./drawer.tsx').then((module) => module.Drawer), { ssr: false })
const CommandPalette = dynamic(() => import('./command-palette.tsx').then((module) => module.CommandPalette), {
  ssr: false,
})

/** Parts that are loaded when they are first opened. */
type Use = 'unused' | 'open' | 'closed'

/** The console's frame: side navigation (a drawer on small screens), the command palette, and the page. */
export function Shell({ children }: { children: ReactNode }) {
  const [drawer, setDrawer] = useState<Use>('unused')
  const [palette, setPalette] = useState<Use>('unused')
  const path = usePathname()
  // biome-ignore lint/correctness/useExhaustiveDependencies: arriving on another page closes the drawer
  useEffect(() => setDrawer((current) => (current === 'open' ? 'closed' : current)), [path])
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault()
        setPalette((current) => (current === 'open' ? 'closed' : 'open'))
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
  const openPalette = () => {
    if (drawer === 'open') setDrawer('closed')
    setPalette('open')
  }
  return (
    <div className="lg:grid lg:grid-cols-[232px_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 h-dvh border-r border-line bg-sunken max-lg:hidden">
        <SideNav onSearch={openPalette} />
      </aside>
      <div className="min-w-0">
        <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-canvas px-2 lg:hidden">
          <IconButton
            label="Open navigation"
            aria-haspopup="dialog"
            aria-expanded={drawer === 'open'}
            onClick={() => setDrawer('open')}
          >
            <MenuIcon />
          </IconButton>
          <Link href="/" className="flex items-center gap-2 font-semibold">
            <LogoMark className="size-5" />
            UnMoGrowP
          </Link>
          <IconButton label="Search and commands" className="ml-auto" onClick={openPalette}>
            <Search />
          </IconButton>
        </header>
        <main id="content" tabIndex={-1} className="min-w-0 outline-none">
          <QuotaBanner />
          {children}
        </main>
      </div>
      {drawer !== 'unused' && (
        <Drawer open={drawer === 'open'} onOpenChange={(open) => setDrawer(open ? 'open' : 'closed')}>
          <SideNav onSearch={openPalette} />
        </Drawer>
      )}
      {palette !== 'unused' && (
        <CommandPalette open={palette === 'open'} onOpenChange={(open) => setPalette(open ? 'open' : 'closed')} />
      )}
    </div>
  )
}
