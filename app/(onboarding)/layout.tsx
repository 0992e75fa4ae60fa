import Link from 'next/link'
import type { ReactNode } from 'react'
import { requireUser } from '#app/_lib/session.ts'
import { TRPCReactProvider } from '#app/_lib/trpc/provider.tsx'
import { LogoMark } from '#app/_ui/logo.tsx'

/** The way from a new account to the first event; only for somebody who is signed in. */
export default async function OnboardingLayout({ children }: { children: ReactNode }) {
  const user = await requireUser()
  return (
    <TRPCReactProvider>
      <div className="mx-auto flex min-h-dvh w-full max-w-2xl flex-col px-4 py-6">
        <header className="mb-8 flex items-center justify-between gap-4">
          <Link href="/" className="flex items-center gap-2 rounded text-base font-semibold">
            <LogoMark />
            UnMoGrowP
          </Link>
          <span className="truncate text-sm text-muted">{user.email}</span>
        </header>
        <main className="flex flex-1 flex-col gap-6">{children}</main>
      </div>
    </TRPCReactProvider>
  )
}
