import { Badge } from '#app/_ui/badge.tsx'
import {
  PLAN_FEATURES,
  PLAN_LIMITS,
  PLAN_LIST,
  type Plan,
  type PlanFeature,
  type PlanLimit,
} from '#server/entitlements/plans.ts'
import { pageMetadata } from '../_content/metadata.ts'

const DESCRIPTION = 'Running UnMoGrowP yourself is free. What the hosted plans will cost and include.'

export const metadata = pageMetadata({
  title: 'Pricing',
  description: DESCRIPTION,
  path: '/pricing',
})

const number = new Intl.NumberFormat('en-US')
const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 })

const LIMITS: Record<PlanLimit, string> = {
  eventsPerMonth: 'Events a month',
  monthlyActiveDevices: 'Active devices a month',
  apps: 'Apps',
  members: 'Members',
  retentionDays: 'Days of raw data',
}

/** The pricing page: self-hosting first, then the plans table of server/entitlements. */
export default function PricingPage() {
  return (
    <div className="mx-auto max-w-6xl px-4 py-14 sm:px-6 sm:py-20">
      <h1 className="text-[32px] leading-10 font-semibold tracking-tight sm:text-[44px] sm:leading-[1.1]">Pricing</h1>
      <p className="mt-4 max-w-2xl text-[16px] leading-7 text-muted">
        Running it yourself is free: MIT license, everything that is built, no limits and no account. Hosted plans are
        announced below; none of the paid ones can be bought yet.
      </p>

      <section
        aria-labelledby="self-host"
        className="mt-10 flex flex-wrap items-center gap-x-10 gap-y-4 rounded-lg border border-accent-ink/40 bg-accent-soft p-5"
      >
        <div className="min-w-64 flex-1">
          <h2 id="self-host" className="text-lg font-semibold">
            Self-hosted <span className="ml-1 font-normal text-muted">$0, for good</span>
          </h2>
          <p className="mt-1 max-w-xl text-base text-ink">
            Every feature that exists, on your own machine, with your own data. Plan limits are not enforced.
          </p>
        </div>
        <a href="/docs#run" className="ui-button ui-button-primary ui-button-lg">
          Run it with one command
        </a>
      </section>

      <h2 className="mt-14 text-[26px] leading-8 font-semibold tracking-tight">Hosted plans</h2>
      <p className="mt-2 max-w-2xl text-base text-muted">
        Planned prices in US dollars, without tax. What is marked <Badge>planned</Badge> is not built yet and is in no
        installation today.
      </p>
      <ul className="mt-6 grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
        {PLAN_LIST.map((plan) => (
          <PlanCard key={plan.name} plan={plan} />
        ))}
      </ul>
      <Comparison />
      <Questions />
    </div>
  )
}

function PlanCard({ plan }: { plan: Plan }) {
  const { title, summary, price } = plan
  return (
    <li className="flex flex-col rounded-lg border border-line bg-surface p-5">
      <h3 className="text-[16px] font-semibold">{title}</h3>
      <p className="mt-1 min-h-[40px] text-base text-muted">{summary}</p>
      <p className="mt-4 text-[28px] leading-9 font-semibold tracking-tight">
        {price ? dollars.format(price.monthly / 100) : 'By agreement'}
        {price && price.monthly > 0 && <span className="text-base font-normal text-muted"> a month</span>}
      </p>
      <p className="min-h-[20px] text-sm text-muted">
        {price && price.yearly > 0 && `or ${dollars.format(price.yearly / 100)} a year`}
      </p>
      <div className="mt-5 flex-1 content-end">
        {plan.name === 'free' ? (
          <a href="/sign-up" className="ui-button ui-button-secondary w-full">
            Sign up
          </a>
        ) : (
          <p className="rounded-md bg-hover px-3 py-1.5 text-center text-sm text-muted">Cannot be bought yet</p>
        )}
      </div>
    </li>
  )
}

const cell = 'border-t border-line px-3 py-2 text-right whitespace-nowrap'
const rowHead = 'border-t border-line py-2 pr-3 text-left font-normal'

function Comparison() {
  return (
    <section aria-label="Limits and features of the plans" className="mt-12">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard */}
      <div className="overflow-x-auto" tabIndex={0}>
        <table className="w-full min-w-[44rem] border-collapse text-base">
          <caption className="sr-only">Limits and features of each plan</caption>
          <thead>
            <tr>
              <th scope="col" className="w-1/3 py-2 text-left text-sm font-medium text-muted">
                Included
              </th>
              {PLAN_LIST.map(({ name, title }) => (
                <th key={name} scope="col" className="px-3 py-2 text-right font-semibold">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {PLAN_LIMITS.map((limit) => (
              <tr key={limit}>
                <th scope="row" className={rowHead}>
                  {LIMITS[limit]}
                </th>
                {PLAN_LIST.map(({ name, limits }) => (
                  <td key={name} className={cell}>
                    {limits[limit] === null ? 'By agreement' : number.format(limits[limit])}
                  </td>
                ))}
              </tr>
            ))}
            {(Object.keys(PLAN_FEATURES) as PlanFeature[]).map((feature) => (
              <tr key={feature}>
                <th scope="row" className={rowHead}>
                  {PLAN_FEATURES[feature].title}{' '}
                  {!PLAN_FEATURES[feature].available && <Badge className="ml-1">planned</Badge>}
                </th>
                {PLAN_LIST.map(({ name, features }) => (
                  <td key={name} className={cell}>
                    {features.includes(feature) ? 'Yes' : <span className="text-faint">No</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

const QUESTIONS = [
  {
    question: 'What counts as an event?',
    answer:
      'Each accepted install, session or in-app event, once. Clicks and views are not counted, nor is an event that was sent again or one that was refused.',
  },
  {
    question: 'What counts as an active device?',
    answer: 'A device id with at least one event in the calendar month (UTC).',
  },
  {
    question: 'What happens above a limit?',
    answer:
      'The console and a mail say so at 80 % and at 100 % of the included events. On Free, events above 120 % are refused until the month ends: the sender gets an answer with the reason, and the console counts them. On other plans nothing is refused. Sandbox events are free, and what you run yourself has no limit.',
  },
  {
    question: 'Is the self-hosted version a smaller one?',
    answer: 'No. There is one product and one repository; a hosted plan pays for somebody else running it.',
  },
]

function Questions() {
  return (
    <section aria-labelledby="questions" className="mt-16">
      <h2 id="questions" className="text-[26px] leading-8 font-semibold tracking-tight">
        Questions
      </h2>
      <dl className="mt-6 grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {QUESTIONS.map(({ question, answer }) => (
          <div key={question}>
            <dt className="text-[15px] font-semibold">{question}</dt>
            <dd className="mt-1 max-w-prose text-base text-muted">{answer}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
