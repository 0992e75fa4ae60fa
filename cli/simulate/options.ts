import { z } from 'zod'

const DAY = 86_400_000
const share = z.coerce.number().min(0, 'must be a share from 0 to 1').max(1, 'must be a share from 0 to 1')

/** What a simulation can be told. The same options always give the same bytes. */
export const optionsSchema = z.object({
  seed: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(1),
  /** Number of installs, reinstalls included. */
  installs: z.coerce.number().int().min(1).max(5_000_000).default(20_000),
  /** Length of the period in which installs and events happen; some touchpoints are up to 20 d older. */
  days: z.coerce.number().int().min(1).max(730).default(30),
  /** End of the period (exclusive), Unix milliseconds or a date. Its default is today at 00:00 UTC. */
  end: z
    .union([z.number().int(), z.iso.datetime({ offset: true }), z.iso.date()])
    .transform((end) => new Date(end).getTime()),
  platform: z.enum(['android', 'ios', 'both']).default('both'),
  /** Share of installs that are fraud; see truth.csv's last column. */
  fraud: share.default(0),
  /** Share of people who sit behind an address shared with others. */
  nat: share.default(0),
  /** People behind each shared address. */
  natSize: z.coerce.number().int().min(1).max(10_000).default(10),
  /**
   * Share of the advertised installs of people without any id on both sides that a view caused instead of a click: only
   * their address and kind of device could tell.
   */
  blindViews: share.default(0),
  /**
   * Share of the installs by a click whose click reaches us only after the install, and as large a share of those that name
   * their click of which only a second install event does; both within 20 h.
   */
  late: share.default(0),
  /** Share of the installs by an ad whose click was made in a browser on another device. */
  webToApp: share.default(0),
  /** Share of the installs by an ad whose network says nothing of its touchpoints, and claims the install afterwards. */
  claims: share.default(0),
  /** Share of installs that no ad caused. */
  organic: share.default(0.3),
  /** Touchpoints altogether, per install. */
  touchpointsPerInstall: z.coerce.number().min(0).max(1_000).default(7),
  /** Tracking link id by campaign name; touchpoints of these campaigns then carry `link_id`. */
  links: z.record(z.string(), z.string()).default({}),
})

/** Options with every default filled in. */
export type SimulationOptions = z.output<typeof optionsSchema>
/** Options as a caller gives them; all but `end` may be left out. */
export type SimulationInput = z.input<typeof optionsSchema>

/** Start of the given instant's day in UTC, Unix milliseconds. */
export const startOfDay = (time: number): number => Math.floor(time / DAY) * DAY
