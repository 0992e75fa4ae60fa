import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import { appProcedure, router } from '#server/procedure/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { type ExplainedDecision, explainInstall } from './explain.ts'
import { listInstalls } from './queries.ts'
import { installsInput, settingsInput } from './schema.ts'
import { currentSettings, saveSettings, settingsHistory } from './settings.ts'

const noDecision = (deviceId: string) =>
  new AppError(
    'not_found',
    `There is no decision about an install of device ${deviceId.slice(0, 80)}. If it was installed in the last seconds, try again shortly.`,
    { field: 'deviceId' },
  )

/** A decision in the console's spelling. Candidates, install, rule hits and settings keep the contract's field names. */
function camelCase(body: ExplainedDecision) {
  return {
    decisionId: body.decision_id,
    version: body.version,
    decidedAt: body.decided_at,
    engineVersion: body.engine_version,
    settingsVersion: body.settings_version,
    install: body.install,
    conversionType: body.conversion_type,
    outcome: body.outcome,
    reason: body.reason,
    matchType: body.match_type,
    winner: body.winner,
    contributors: body.contributors,
    probability: body.probability,
    isRetargeting: body.is_retargeting,
    settlesAt: body.settles_at,
    candidates: body.candidates,
    ruleHits: body.rule_hits,
    supersedes: body.supersedes,
    settings: body.settings,
  }
}

/** Attribution settings of an app, its installs and why each went where it went. */
export const attributionRouter = router({
  /** The settings in force and every version before them. Durations in milliseconds. */
  settings: appProcedure({ permission: 'settings:read' }).query(({ ctx: { org, app } }) =>
    withOrg(org.orgId, async (tx) => {
      const key = { orgId: org.orgId, appId: app.appId }
      return { current: await currentSettings(tx, key), versions: await settingsHistory(tx, key) }
    }),
  ),

  /**
   * Saves another version; installs decided from then on follow it. Returns the version in force.
   * Conflict when somebody else saved one since `basedOnVersion`; ranges: clicks 1–30 d, views 1–72 h, probabilistic 1–24 h,
   * reinstalls 0–730 d, inactivity 0 or 1–90 d, clicks of re-engagements 1–30 d.
   */
  updateSettings: appProcedure({ permission: 'settings:write' })
    .input(settingsInput)
    .mutation(({ ctx: { org, app, user }, input }) =>
      withOrg(org.orgId, (tx) =>
        saveSettings(tx, { orgId: org.orgId, appId: app.appId }, settingsInput.parse(input), user.userId),
      ),
    ),

  /**
   * The current decision about a device's install, with `history` the ones it superseded, newest first, and the returns of the
   * device since.
   */
  decision: appProcedure({ permission: 'decisions:read' })
    .input(z.object({ deviceId: z.string().min(1).max(200), history: z.boolean().default(false) }))
    .query(async ({ ctx, input: { deviceId, history } }) => {
      const found = await explainInstall(ctx.scope, deviceId, { history })
      if (!found) throw noDecision(deviceId)
      const [current, ...earlier] = found.decisions
      return {
        ...camelCase(current),
        history: history ? earlier.map(camelCase) : null,
        reengagements: found.reengagements,
      }
    }),

  /** Installs with their current decision, newest first, a page at a time. */
  installs: appProcedure({ permission: 'decisions:read' })
    .input(installsInput)
    .query(({ ctx, input }) => listInstalls(ctx.scope, ctx.app.timezone, input)),
})
