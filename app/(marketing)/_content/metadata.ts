import type { Metadata } from 'next'

const IMAGE = { url: '/og.png', width: 1200, height: 630, alt: 'UnMoGrowP: see which ad earned every install, and why' }

/**
 * Metadata of one public page, for search engines and previews. Next replaces a layout's `openGraph` by a page's as a whole,
 * so the shared parts are written here, not in the layout.
 * @param title without the product's name; `fullTitle` where it is already in it
 * @param path of the page, for its canonical address
 */
export function pageMetadata({
  title,
  fullTitle,
  description,
  path,
}: {
  title: string
  fullTitle?: string
  description: string
  path: string
}): Metadata {
  return {
    title: fullTitle ? { absolute: fullTitle } : title,
    description,
    alternates: { canonical: path },
    openGraph: {
      type: 'website',
      siteName: 'UnMoGrowP',
      locale: 'en',
      title: fullTitle ?? `${title} · UnMoGrowP`,
      description,
      url: path,
      images: [IMAGE],
    },
    twitter: { card: 'summary_large_image', images: [IMAGE.url] },
  }
}
