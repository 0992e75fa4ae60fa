import { env } from '#server/platform/env.ts'
import { pageMetadata } from '../_content/metadata.ts'
import { Answers, EventFields, Touchpoints } from './_sections/collector.tsx'
import { Attribution, Decision, MultiTouch, WhatIf } from './_sections/deciding.tsx'
import { Doors } from './_sections/doors.tsx'
import { Environment, License, Roles, Simulator, Tenancy } from './_sections/operate.tsx'
import { Exports, Rates, Reports } from './_sections/reports.tsx'
import { Sdk } from './_sections/sdk.tsx'
import { FirstApp, Links, Run, Send } from './_sections/start.tsx'

const DESCRIPTION =
  'From two commands to an attributed install: run UnMoGrowP, make a tracking link, send events, read the decision.'

export const metadata = pageMetadata({
  title: 'Docs',
  description: DESCRIPTION,
  path: '/docs',
})

/** The documentation. Snippets carry this installation's own addresses. */
export default function DocsPage() {
  const { COLLECTOR_URL, WEB_URL } = env()
  const collector = COLLECTOR_URL.replace(/\/$/, '')
  const web = WEB_URL.replace(/\/$/, '')
  return (
    <article>
      <h1 className="text-[32px] leading-10 font-semibold tracking-tight sm:text-[40px] sm:leading-[1.15]">
        From zero to an attributed install
      </h1>
      <p className="mt-3 mb-10 text-[16px] leading-7 text-muted">
        Two commands, one link, one click, one request. Then the reference: every field, every answer, every rule.
      </p>
      <div className="flex flex-col gap-10">
        <Run web={web} collector={collector} />
        <FirstApp />
        <Links collector={collector} />
        <Send collector={collector} />
        <Sdk collector={collector} />
        <EventFields />
        <Answers />
        <Touchpoints collector={collector} />
        <Doors collector={collector} />
        <Attribution />
        <Decision web={web} />
        <WhatIf />
        <MultiTouch />
        <Reports web={web} />
        <Exports web={web} />
        <Rates />
        <Simulator />
        <Roles />
        <Environment />
        <Tenancy />
        <License />
      </div>
    </article>
  )
}
