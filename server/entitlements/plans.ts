import { z } from 'zod'

/** The plans, cheapest first; the same names as the `Plan` enum of prisma/schema/tenancy.prisma. */
export const PLAN_NAMES = ['free', 'growth', 'scale', 'enterprise'] as const
export type PlanName = (typeof PLAN_NAMES)[number]

/** A limit: a whole number, or null for none. */
const limit = z.number().int().positive().nullable()

const limitsSchema = z.object({
  /** In-app events, installs and sessions accepted in a calendar month (UTC). */
  eventsPerMonth: limit,
  /** Different devices with at least one event in a calendar month (UTC). */
  monthlyActiveDevices: limit,
  apps: limit,
  members: limit,
  /** Days for which raw events and touchpoints are kept. */
  retentionDays: limit,
})
export type PlanLimits = z.output<typeof limitsSchema>
export type PlanLimit = keyof PlanLimits
export const PLAN_LIMITS = Object.keys(limitsSchema.shape) as PlanLimit[]

const FEATURE_NAMES = [
  'attribution',
  'decision_trace',
  'links',
  'console',
  'rest_reports',
  'currency',
  'raw_export',
  'fraud',
  'skan',
  'postbacks',
  'audit_log',
  'sso',
] as const
export type PlanFeature = (typeof FEATURE_NAMES)[number]

/** What a plan may include. `available` is false for what the product does not do yet; a page says so beside it. */
export const PLAN_FEATURES: Readonly<Record<PlanFeature, { title: string; available: boolean }>> = {
  attribution: { title: 'Attribution by install referrer, click id and device id', available: true },
  decision_trace: { title: 'Every decision with its candidates and reasons', available: true },
  links: { title: 'Tracking links with QR codes', available: true },
  console: { title: 'Overview, campaigns, live and rejected events', available: true },
  rest_reports: { title: 'Reports and decisions over REST', available: true },
  currency: { title: 'Reporting currency with dated rates', available: true },
  raw_export: { title: 'Raw data export as CSV, NDJSON or Parquet', available: true },
  fraud: { title: 'Fraud detection', available: false },
  skan: { title: 'SKAdNetwork and AdAttributionKit', available: false },
  postbacks: { title: 'Postbacks to ad networks', available: false },
  audit_log: { title: 'Audit log', available: false },
  sso: { title: 'Single sign-on and user provisioning', available: false },
}

const price = z.object({
  /** US cents a month, paid month by month. */
  monthly: z.number().int().nonnegative(),
  /** US cents a year, paid once a year. */
  yearly: z.number().int().nonnegative(),
})

const planSchema = z.object({
  name: z.enum(PLAN_NAMES),
  title: z.string().min(1),
  /** Who it is for, one sentence. */
  summary: z.string().min(1),
  /** null: by agreement. */
  price: price.nullable(),
  limits: limitsSchema,
  /**
   * From how many times `eventsPerMonth` on events are refused until the month ends; null: never, what is above is overage.
   * Above 1, so that who is told at 100 % can still act.
   */
  refusesAbove: z.number().min(1).nullable(),
  features: z.array(z.enum(FEATURE_NAMES)).readonly(),
})
export type Plan = z.output<typeof planSchema>

/** Security and one's own data are no upsell: single sign-on, the audit log and raw export are in every plan. */
const BASE = [
  'attribution',
  'decision_trace',
  'links',
  'console',
  'rest_reports',
  'currency',
  'raw_export',
  'sso',
  'audit_log',
] as const
const GROWTH = [...BASE, 'skan', 'postbacks'] as const
const SCALE = [...GROWTH, 'fraud'] as const

/**
 * THE plans table: prices, limits and features of the hosted service. Whoever shows or enforces a plan reads it here.
 * Checked once when the module loads, so that a slip is a failed start and not a wrong invoice.
 */
export const PLANS: Readonly<Record<PlanName, Plan>> = z.record(z.enum(PLAN_NAMES), planSchema).parse({
  free: {
    name: 'free',
    title: 'Free',
    summary: 'For trying it with a real app.',
    price: { monthly: 0, yearly: 0 },
    limits: { eventsPerMonth: 1_000_000, monthlyActiveDevices: 10_000, apps: 2, members: 3, retentionDays: 90 },
    refusesAbove: 1.2,
    features: BASE,
  },
  growth: {
    name: 'growth',
    title: 'Growth',
    summary: 'For a team that pays for its first campaigns.',
    price: { monthly: 99_00, yearly: 990_00 },
    limits: { eventsPerMonth: 20_000_000, monthlyActiveDevices: 100_000, apps: 10, members: 15, retentionDays: 395 },
    refusesAbove: null,
    features: GROWTH,
  },
  scale: {
    name: 'scale',
    title: 'Scale',
    summary: 'For several apps and a network of partners.',
    price: { monthly: 499_00, yearly: 4_990_00 },
    limits: { eventsPerMonth: 200_000_000, monthlyActiveDevices: 1_000_000, apps: 50, members: 50, retentionDays: 760 },
    refusesAbove: null,
    features: SCALE,
  },
  enterprise: {
    name: 'enterprise',
    title: 'Enterprise',
    summary: 'For agreements and no fixed limits.',
    price: null,
    limits: { eventsPerMonth: null, monthlyActiveDevices: null, apps: null, members: null, retentionDays: null },
    refusesAbove: null,
    features: SCALE,
  },
})

/** All plans, cheapest first. */
export const PLAN_LIST: readonly Plan[] = PLAN_NAMES.map((name) => PLANS[name])
