import type { ReactNode } from 'react'
import { DocNav } from './_components/doc-nav.tsx'

/** Documentation: navigation beside the text. */
export default function DocsLayout({ children }: { children: ReactNode }) {
  return (
    <div className="mx-auto grid max-w-6xl grid-cols-[minmax(0,1fr)] gap-8 px-4 py-10 sm:px-6 lg:grid-cols-[13rem_minmax(0,1fr)] lg:gap-14 lg:py-14">
      <div>
        <DocNav />
      </div>
      <div className="min-w-0 max-w-3xl">{children}</div>
    </div>
  )
}
