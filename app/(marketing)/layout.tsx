import './marketing.css'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { env } from '#server/platform/env.ts'
import { Enhance } from './_components/enhance.tsx'
import { Footer } from './_components/footer.tsx'
import { Header } from './_components/header.tsx'

/** Addresses in the pages' metadata are this installation's own. */
export function generateMetadata(): Metadata {
  return { metadataBase: new URL(env().WEB_URL) }
}

/** Public pages: header, content, footer. No provider and no data, so that they stay light. */
export default function MarketingLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <a href="#content" className="ui-button ui-button-primary absolute top-2 left-2 z-30 not-focus:sr-only">
        Skip to content
      </a>
      <Header />
      <main id="content">{children}</main>
      <Footer />
      <Enhance />
    </>
  )
}
