'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { DeleteNetwork } from './delete-network.tsx'
import { NetworkDialog } from './network-dialog.tsx'
import { type Action, type Network, NetworkList } from './network-list.tsx'
import { RotateSecret } from './rotate-secret.tsx'

type Doing = { what: 'add' } | { what: Action; network: Network }

/** How often the figures are looked at again, in milliseconds. */
const REFRESH_MS = 15_000

/** Partners that are asked about each install: add, change, switch off, delete, rotate the secret; what they were asked and said. */
export function Networks() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const mayWrite = useCan('settings:write')
  const [doing, setDoing] = useState<Doing | null>(null)
  const networks = useQuery(trpc.networks.list.queryOptions(scope, { refetchInterval: REFRESH_MS }))
  const refresh = () => void queryClient.invalidateQueries(trpc.networks.list.queryFilter(scope))
  const close = () => setDoing(null)
  return (
    <div id="networks" className="scroll-mt-16">
      <Card
        title="Self-attributing networks"
        description="Asked about every new install; what they claim competes with every touchpoint."
        actions={mayWrite && <Button onClick={() => setDoing({ what: 'add' })}>Add network</Button>}
      >
        <NetworkList
          networks={networks.data}
          error={networks.error}
          onRetry={() => void networks.refetch()}
          onDo={mayWrite ? (what, network) => setDoing({ what, network }) : undefined}
          onChanged={refresh}
        />
        {doing?.what === 'add' && <NetworkDialog network={null} onClose={close} onDone={refresh} />}
        {doing?.what === 'edit' && <NetworkDialog network={doing.network} onClose={close} onDone={refresh} />}
        {doing?.what === 'rotate' && <RotateSecret network={doing.network} onClose={close} onDone={refresh} />}
        {doing?.what === 'delete' && <DeleteNetwork network={doing.network} onClose={close} onDone={refresh} />}
      </Card>
    </div>
  )
}
