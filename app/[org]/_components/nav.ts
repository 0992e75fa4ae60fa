import {
  Activity,
  ArrowDownToLine,
  FileUp,
  FlaskConical,
  Link2,
  type LucideIcon,
  Megaphone,
  Route,
  Settings,
  Smartphone,
  SquareActivity,
} from 'lucide-react'
import type { Permission } from '#server/authz/index.ts'

export interface NavItem {
  /** Path under the app; empty for the overview. */
  path: string
  label: string
  /** What else people look for it by, in the command palette. */
  also?: readonly string[]
  icon: LucideIcon
  permission: Permission
}

/** The rooms of an app, in the order of the side navigation and the command palette. */
export const APP_NAV: readonly NavItem[] = [
  { path: '', label: 'Overview', icon: SquareActivity, permission: 'reports:read' },
  { path: 'campaigns', label: 'Campaigns', icon: Megaphone, permission: 'reports:read' },
  { path: 'installs', label: 'Installs', icon: Smartphone, permission: 'decisions:read' },
  {
    path: 'multi-touch',
    label: 'Multi-touch',
    also: ['Attribution models', 'Markov', 'Shapley', 'Conversion paths'],
    icon: Route,
    permission: 'reports:read',
  },
  {
    path: 'what-if',
    label: 'What-if',
    also: ['Replays', 'Try other attribution settings'],
    icon: FlaskConical,
    permission: 'decisions:read',
  },
  { path: 'live', label: 'Live events', icon: Activity, permission: 'events:read' },
  {
    path: 'ingestion',
    label: 'Ingestion',
    also: ['Rejected events', 'Dead letters'],
    icon: ArrowDownToLine,
    permission: 'events:read',
  },
  { path: 'imports', label: 'Imports', icon: FileUp, permission: 'events:read' },
  { path: 'links', label: 'Links', icon: Link2, permission: 'links:read' },
  {
    path: 'settings',
    label: 'App settings',
    also: ['Attribution windows', 'Lookback windows'],
    icon: Settings,
    permission: 'settings:read',
  },
]

/** The organization's own pages. */
export const ORG_NAV: readonly { path: string; label: string; permission: Permission }[] = [
  { path: 'settings', label: 'General', permission: 'org:read' },
  { path: 'settings/rates', label: 'Exchange rates', permission: 'org:read' },
  { path: 'settings/keys', label: 'API keys', permission: 'keys:read' },
  { path: 'settings/members', label: 'Members', permission: 'members:read' },
]
