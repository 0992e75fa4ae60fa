import './_ui/theme.css'
import { GeistMono } from 'geist/font/mono'
import { GeistSans } from 'geist/font/sans'
import type { Metadata, Viewport } from 'next'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'

export const metadata: Metadata = {
  title: { default: 'UnMoGrowP', template: '%s · UnMoGrowP' },
  description:
    'The open, self-hostable mobile growth platform: clicks, installs and in-app events, attributed with the reasons shown.',
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fbfbfa' },
    { media: '(prefers-color-scheme: dark)', color: '#111110' },
  ],
}

/**
 * The root layout holds no provider, so that marketing pages stay light. Reading the theme's cookie renders every page per
 * request, which the nonce of the content security policy needs anyway.
 */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const chosen = (await cookies()).get('theme')?.value
  const theme = chosen === 'light' || chosen === 'dark' ? chosen : undefined
  return (
    <html lang="en" data-theme={theme} className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body>{children}</body>
    </html>
  )
}
