import { Code } from '../../_components/code.tsx'
import { MEASUREMENTS, measuredValue } from '../../_content/measurements.ts'
import { pageMetadata } from '../../_content/metadata.ts'
import { C } from '../_components/parts.tsx'

const DESCRIPTION = 'Every figure that we publish: what it says, on which machine, by which command, on which day.'

export const metadata = pageMetadata({
  title: 'Measurements',
  description: DESCRIPTION,
  path: '/docs/measurements',
})

/** All published figures, each under its own anchor with the command that measures it again. */
export default function MeasurementsPage() {
  return (
    <article>
      <h1 className="text-[32px] leading-10 font-semibold tracking-tight sm:text-[40px] sm:leading-[1.15]">
        Measurements
      </h1>
      <p className="mt-3 text-[16px] leading-7 text-muted">
        Every figure on these pages has a row here, with the command that measures it again. What is not here is not
        claimed.
      </p>
      <div className="mt-8 flex flex-col gap-8">
        {MEASUREMENTS.length === 0 && <p className="text-[15px]">No figure has been published yet.</p>}
        {MEASUREMENTS.map((entry) => (
          <section key={entry.id} id={entry.id} className="scroll-mt-20 border-t border-line pt-5">
            <h2 className="text-[22px] leading-7 font-semibold tracking-tight">
              {measuredValue(entry)} {entry.unit}
            </h2>
            <p className="mt-1 text-[15px]">{entry.claim}</p>
            {entry.note && <p className="mt-1 text-base text-muted">{entry.note}</p>}
            <dl className="mt-3 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-base">
              <dt className="text-muted">Command</dt>
              <dd>
                <C>{entry.command}</C>
              </dd>
              <dt className="text-muted">Machine</dt>
              <dd>{entry.machine}</dd>
              <dt className="text-muted">Date</dt>
              <dd>
                <time dateTime={entry.date}>{entry.date}</time>
              </dd>
            </dl>
          </section>
        ))}
        <section className="border-t border-line pt-5">
          <h2 className="text-[22px] leading-7 font-semibold tracking-tight">Measure it yourself</h2>
          <p className="mt-1 mb-3 text-[15px]">
            Each bench runs a baseline in the same run. With <C>--json</C> its last line is one object.
          </p>
          <Code snippets={[{ title: 'Shell', code: 'npm run bench -- ingest\nnpm run bench -- freshness' }]} />
        </section>
      </div>
    </article>
  )
}
