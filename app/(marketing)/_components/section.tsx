import type { ReactNode } from 'react'

/**
 * A band of a public page: heading, one line of text, content.
 * @param id anchor of the band
 */
export function Section({
  id,
  title,
  lead,
  children,
}: {
  id?: string
  title: string
  lead?: ReactNode
  children: ReactNode
}) {
  return (
    <section id={id} className="mx-auto max-w-6xl scroll-mt-20 px-4 py-14 sm:px-6 sm:py-20">
      <h2 className="max-w-3xl text-[26px] leading-8 font-semibold tracking-tight text-balance sm:text-[32px] sm:leading-10">
        {title}
      </h2>
      {lead && <p className="mt-3 max-w-2xl text-[16px] leading-7 text-muted">{lead}</p>}
      <div className="mt-8">{children}</div>
    </section>
  )
}
