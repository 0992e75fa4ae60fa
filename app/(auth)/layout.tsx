import Link from 'next/link'
import type { ReactNode } from 'react'
import { TRPCReactProvider } from '#app/_lib/trpc/provider.tsx'
import { LogoMark } from '#app/_ui/logo.tsx'

/** The doors: one card in the middle of a quiet page. */
export default function AuthLayout({ children }: { children: ReactNode }) {
  return (
    <TRPCReactProvider>
      <div className="flex min-h-dvh flex-col items-center px-4 py-8 sm:justify-center">
        <header className="mb-6">
          <Link href="/" className="flex items-center gap-2 rounded text-base font-semibold">
            <LogoMark />
            UnMoGrowP
          </Link>
        </header>
        <main className="w-full max-w-sm">{children}</main>
      </div>
    </TRPCReactProvider>
  )
}
