import { Command } from './_components/code.tsx'
import { Measured } from './_components/measured.tsx'
import { Screenshot } from './_components/screenshot.tsx'
import { Section } from './_components/section.tsx'
import { FACTS, NOT_YET, STEPS } from './_content/landing.ts'
import { pageMetadata } from './_content/metadata.ts'

const DESCRIPTION =
  'An open mobile measurement platform that you run yourself: clicks, views, installs and in-app events, attributed with every candidate and reason shown.'

export const metadata = pageMetadata({
  title: 'See which ad earned every install, and why',
  fullTitle: 'UnMoGrowP · See which ad earned every install, and why',
  description: DESCRIPTION,
  path: '/',
})

/** The landing page. */
export default function LandingPage() {
  return (
    <>
      <Hero />
      <Decision />
      <Pipeline />
      <Rooms />
      <Facts />
      <Measured />
      <NotYet />
      <Start />
    </>
  )
}

function Hero() {
  return (
    <section className="mx-auto max-w-6xl px-4 pt-14 pb-10 sm:px-6 sm:pt-20">
      <h1 className="max-w-4xl text-[36px] leading-[1.1] font-semibold tracking-tight text-balance sm:text-[56px]">
        See which ad earned every install, and why.
      </h1>
      <p className="mt-5 max-w-2xl text-[17px] leading-7 text-muted sm:text-[18px]">
        UnMoGrowP is a mobile measurement platform that you run yourself. It records ad clicks, views, installs and
        in-app events, decides which ad earned each install, and shows every candidate it turned down.
      </p>
      <div className="mt-7 flex flex-wrap items-center gap-3">
        <a href="/sign-up" className="ui-button ui-button-primary ui-button-lg">
          Sign up
        </a>
        <a href="/docs" className="ui-button ui-button-secondary ui-button-lg">
          Read the quickstart
        </a>
        <Command code="npm ci && npm run demo" />
      </div>
      <Screenshot
        name="overview"
        alt="The overview of a demo app: installs, clicks, conversion rate and revenue with their change against the previous period, installs over time and by media source."
        className="mt-12"
      />
      <p className="mt-3 text-sm text-faint">The console as the demo command starts it, on simulated traffic.</p>
    </section>
  )
}

const ORDER = [
  { title: 'Inside its window', text: '7 days for a click and 24 hours for a view, unless you set it otherwise.' },
  { title: 'A click before a view', text: 'A view earns an install only where no click did.' },
  { title: 'The stronger match', text: 'Install referrer or click id, then device id.' },
  { title: 'The most recent', text: 'Among equals, the last touch before the install.' },
]

function Decision() {
  return (
    <div className="border-y border-line bg-surface">
      <Section
        title="Open any install and read its decision"
        lead="No score and no black box. The same code decides an install, explains it and decides it again when a touchpoint arrives late."
      >
        <div className="grid items-start gap-8 lg:grid-cols-[1fr_20rem]">
          <Screenshot
            name="decision"
            alt="The decision of one install: the winning click, the rule by which it won, and the other candidates with the reason each was refused."
          />
          <div>
            <ol className="flex flex-col gap-4">
              {ORDER.map(({ title, text }, index) => (
                <li key={title} className="flex gap-3">
                  <span className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-sm font-semibold text-accent-ink">
                    {index + 1}
                  </span>
                  <div>
                    <h3 className="text-[15px] leading-6 font-semibold">{title}</h3>
                    <p className="text-base text-muted">{text}</p>
                  </div>
                </li>
              ))}
            </ol>
            <p className="mt-5 text-base text-muted">
              Nothing left? The install is organic.{' '}
              <a href="/docs#attribution" className="ui-link">
                The rules in full
              </a>
            </p>
          </div>
        </div>
      </Section>
    </div>
  )
}

function Pipeline() {
  return (
    <Section title="From the click to the figure">
      <ol className="grid gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-2 lg:grid-cols-5">
        {STEPS.map(({ title, text }, index) => (
          <li key={title} className="bg-surface p-4 sm:last:col-span-2 lg:last:col-span-1">
            <p className="font-mono text-xs text-faint" aria-hidden>
              {String(index + 1).padStart(2, '0')}
            </p>
            <h3 className="mt-2 text-[15px] leading-5 font-semibold">{title}</h3>
            <p className="mt-1.5 text-base text-muted">{text}</p>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function Rooms() {
  return (
    <Section
      title="What you work with"
      lead="Dense tables, exact figures, addresses that can be shared. Dark and light, from phone to wide screen."
    >
      <div className="grid gap-10 lg:grid-cols-2">
        <div>
          <Screenshot
            name="campaigns"
            alt="Campaigns of the demo app as a sortable table with clicks, installs, conversion rate and revenue."
          />
          <h3 className="mt-4 text-[16px] font-semibold">Campaigns</h3>
          <p className="mt-1 max-w-prose text-base text-muted">
            Sort by any figure and go down from media source to campaign, ad set, ad and creative. Organic installs
            stand beside the paid ones.
          </p>
        </div>
        <div>
          <Screenshot
            name="live"
            alt="Events of the demo app as they arrive, newest first, with name, device, country and time."
          />
          <h3 className="mt-4 text-[16px] font-semibold">Live and rejected events</h3>
          <p className="mt-1 max-w-prose text-base text-muted">
            Watch events arrive with their raw payload. What was refused is listed beside them with the reason and the
            field to repair.
          </p>
        </div>
      </div>
    </Section>
  )
}

function Facts() {
  return (
    <div className="border-y border-line bg-surface">
      <Section title="Made so that you can check it">
        <ul className="grid gap-x-10 gap-y-8 sm:grid-cols-2 lg:grid-cols-3">
          {FACTS.map(({ title, text, href }) => (
            <li key={title}>
              <h3 className="text-[16px] font-semibold">
                <a href={href} className="underline-offset-4 hover:underline">
                  {title}
                </a>
              </h3>
              <p className="mt-1.5 text-base text-muted">{text}</p>
            </li>
          ))}
        </ul>
      </Section>
    </div>
  )
}

function NotYet() {
  return (
    <Section id="not-yet" title="What it does not do yet" lead="Planned, and not here today. Plan without them.">
      <dl className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        {NOT_YET.map(({ title, text }) => (
          <div key={title} className="border-t border-line pt-3">
            <dt className="text-[15px] font-semibold">{title}</dt>
            <dd className="mt-0.5 text-base text-muted">{text}</dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function Start() {
  return (
    <div className="border-t border-line bg-surface">
      <Section
        title="See it with data"
        lead="In a clone of the repository, with Node 20 or later and npm. The demo brings its own databases and a demo organization with simulated traffic."
      >
        <div className="flex flex-wrap items-center gap-3">
          <Command code="npm ci && npm run demo" />
          <a href="/docs#run" className="ui-button ui-button-secondary ui-button-lg">
            What it starts
          </a>
        </div>
      </Section>
    </div>
  )
}
