'use client'
import { createContext, type ReactNode, use } from 'react'
import type { Permission, Role } from '#server/authz/index.ts'

/** An app as the console's frame knows it. */
export interface ConsoleApp {
  slug: string
  name: string
  platform: 'ios' | 'android' | 'web'
  /** IANA zone in which the app's days begin. */
  timezone: string
}

export interface ConsoleData {
  user: { email: string; name: string | null }
  org: {
    slug: string
    name: string
    plan: string
    role: Role
    /** ISO 4217 */
    reportingCurrency: string
    permissions: readonly Permission[]
  }
  organizations: readonly { slug: string; name: string }[]
  apps: readonly ConsoleApp[]
  /** Public address of the collector, for snippets. */
  collectorUrl: string
  /** The demo's mail inbox; null outside demo mode. */
  inboxUrl: string | null
}

const ConsoleContext = createContext<ConsoleData | null>(null)
const AppContext = createContext<ConsoleApp | null>(null)

/** Hands the frame's data to the rooms; stands in app/[org]/layout.tsx. */
export function ConsoleProvider({ data, children }: { data: ConsoleData; children: ReactNode }) {
  return <ConsoleContext value={data}>{children}</ConsoleContext>
}

/** Hands the current app to its rooms; stands in app/[org]/[app]/layout.tsx. */
export function AppProvider({ app, children }: { app: ConsoleApp; children: ReactNode }) {
  return <AppContext value={app}>{children}</AppContext>
}

/** The person, the organization and its apps. @throws Error outside the console */
export function useConsole(): ConsoleData {
  const data = use(ConsoleContext)
  if (!data) throw new Error('useConsole belongs under app/[org]')
  return data
}

/** The app of the room. @throws Error outside app/[org]/[app] */
export function useApp(): ConsoleApp {
  const app = use(AppContext)
  if (!app) throw new Error('useApp belongs under app/[org]/[app]')
  return app
}

/** The input every app procedure starts with: `{ org, app }`, both slugs. */
export function useAppScope(): { org: string; app: string } {
  const { org } = useConsole()
  return { org: org.slug, app: useApp().slug }
}

/** Whether the person's role holds a permission; the server decides the same again. */
export function useCan(permission: Permission): boolean {
  return useConsole().org.permissions.includes(permission)
}
