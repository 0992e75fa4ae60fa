import { z } from 'zod'

/** DATA_DIR/demo.json: what scripts need to use a running demo (contract). */
export const demoFileSchema = z.object({
  web: z.string(),
  collector: z.string(),
  inbox: z.string(),
  signIns: z.array(z.object({ email: z.string(), password: z.string(), role: z.string(), org: z.string() })),
  apps: z.array(
    z.object({
      org: z.string(),
      slug: z.string(),
      name: z.string(),
      appId: z.string(),
      platform: z.enum(['ios', 'android']),
      ingestKey: z.string(),
      /** Scoped to everything a server may do; for /v1/touchpoints and the REST interface. */
      secretKey: z.string(),
      /** Tracking link id by campaign. */
      links: z.record(z.string(), z.string()),
    }),
  ),
  /** When the demo was made, Unix milliseconds: its simulated history ends there and its live traffic begins. */
  seededAt: z.number().optional(),
  /** Simulated traffic up to this instant has been acknowledged. */
  sentUntil: z.number().optional(),
})
export type DemoFile = z.output<typeof demoFileSchema>
export type DemoApp = DemoFile['apps'][number]
