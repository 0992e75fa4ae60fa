import { NuqsAdapter } from 'nuqs/adapters/next/app'
import type { ReactNode } from 'react'
import { ConsoleProvider } from '#app/_lib/console.tsx'
import { loadConsole } from '#app/_lib/console-data.ts'
import { TRPCReactProvider } from '#app/_lib/trpc/provider.tsx'
import { Toaster } from '#app/_ui/toast.tsx'
import { Shell } from './_components/shell.tsx'

/** The console: only for members of the organization; everybody else gets the sign-in page or a 404. */
export default async function OrganizationLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ org: string }>
}) {
  const data = await loadConsole((await params).org)
  return (
    <NuqsAdapter>
      <TRPCReactProvider>
        <ConsoleProvider data={data}>
          <Shell>{children}</Shell>
          <Toaster />
        </ConsoleProvider>
      </TRPCReactProvider>
    </NuqsAdapter>
  )
}
