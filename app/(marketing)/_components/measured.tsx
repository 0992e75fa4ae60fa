import { MEASUREMENTS, measuredValue } from '../_content/measurements.ts'
import { Section } from './section.tsx'

/** The measured figures of the landing page, each a link to how it was measured; nothing at all where there is none. */
export function Measured() {
  const shown = MEASUREMENTS.filter(({ highlight }) => highlight)
  if (shown.length === 0) return null
  return (
    <Section
      title="Measured"
      lead="Each figure links to the command that measures it again and to the machine it ran on."
    >
      <ul className="grid gap-6 sm:grid-cols-2 lg:grid-cols-4">
        {shown.map((entry) => (
          <li key={entry.id}>
            <a href={`/docs/measurements#${entry.id}`} className="group block rounded-md">
              <span className="block text-[28px] leading-9 font-semibold tracking-tight">
                {measuredValue(entry)} <span className="text-[16px] font-medium text-muted">{entry.unit}</span>
              </span>
              <span className="mt-1 block text-base text-muted group-hover:underline">{entry.claim}</span>
            </a>
          </li>
        ))}
      </ul>
    </Section>
  )
}
