import { PLANS, type PlanName } from '#server/entitlements/plans.ts'
import { type Month, quotaOf } from '#server/entitlements/quota.ts'
import { type MailContent, sendMail } from '#server/modules/mail/index.ts'
import { env } from '#server/platform/env.ts'
import type { OrgId } from '#server/platform/ids.ts'
import { withOrg } from '#server/tenancy/index.ts'

interface Warning {
  orgId: string
  plan: PlanName
  events: number
  month: Month
  /** Percent; all of them are done with the one mail. */
  thresholds: readonly number[]
}

/**
 * Tells an organization's owners and billing admins how much of the plan is used.
 * @throws AppError unavailable when the mail server takes none of the mails; the warning is claimed again later
 */
export async function warnOrganization(warning: Warning): Promise<void> {
  const orgId = warning.orgId as OrgId
  const { plan } = warning
  const { org, members } = await withOrg(orgId, async (tx) => ({
    org: await tx.organization.findUniqueOrThrow({ where: { id: orgId }, select: { name: true, slug: true } }),
    members: await tx.membership.findMany({
      where: { orgId, role: { in: ['owner', 'billing_admin'] } },
      select: { user: { select: { email: true } } },
    }),
  }))
  const mail = quotaMail({ ...warning, ...org })
  const sent = await Promise.allSettled(members.map(({ user }) => sendMail(user.email, mail)))
  const failed = sent.find((one) => one.status === 'rejected')
  // Who got it must not get it again because another's address was refused.
  if (failed && !sent.some(({ status }) => status === 'fulfilled')) throw failed.reason
  const month = new Date(warning.month.from)
  await withOrg(orgId, (tx) =>
    tx.quotaWarning.updateMany({
      where: { orgId, month, plan, threshold: { in: [...warning.thresholds] } },
      data: { sentAt: new Date() },
    }),
  )
}

/** The mail about the highest threshold that was reached. */
export function quotaMail(about: {
  name: string
  slug: string
  plan: PlanName
  events: number
  month: Month
  thresholds: readonly number[]
}): MailContent {
  const { name, slug, plan, events, month, thresholds } = about
  const { included, refusedFrom } = quotaOf(plan)
  const number = (value: number | null) => (value ?? 0).toLocaleString('en-US')
  const percent = Math.max(...thresholds)
  const ends = new Date(month.to).toISOString().slice(0, 10)
  const what =
    percent >= 100
      ? `${name} used all events of its plan this month`
      : `${name} used ${percent} % of its plan's events this month`
  const then =
    refusedFrom === null
      ? 'Nothing is refused: what is above counts as overage.'
      : `From ${number(refusedFrom)} events on more are refused, with an answer that says so, until ${ends} (UTC) or until the plan changes. ` +
        'What was refused is counted in the console; senders that keep their events can send them again then.'
  return {
    subject: what,
    heading: what,
    paragraphs: [
      `${number(events)} of the ${number(included)} events that the ${PLANS[plan].title} plan includes have been accepted since ${month.month}. Sandbox events are not counted.`,
      then,
    ],
    button: { label: 'Open the console', url: new URL(`/${slug}`, env().WEB_URL).href },
    footer: 'Owners and billing admins of the organization get this mail once a month at 80 % and at 100 %.',
  }
}
