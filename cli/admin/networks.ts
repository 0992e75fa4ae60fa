import { z } from 'zod'
import { createNetwork, createNetworkInput, deleteNetwork, listNetworks } from '#server/modules/networks/index.ts'
import { authSecret, env } from '#server/platform/env.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type Command, define, required } from './define.ts'
import type { Product } from './product.ts'

const DAY = 86_400_000
const HOUR = 3_600_000

type FindApp = (product: Product, appId: string) => Promise<{ orgId: OrgId; appId: AppId }>

/** `network create`, `network list` and `network delete`. @param find the app a command names, with its organization */
export function networkCommands(find: FindApp): readonly Command[] {
  return [
    define(
      'network create',
      '--app ID --media-source M --claim-url URL [--click-days 7] [--view-hours 24]',
      {
        app: required,
        'media-source': required,
        'claim-url': required,
        'click-days': z.coerce.number().optional(),
        'view-hours': z.coerce.number().optional(),
      },
      async (product, options) => {
        const { 'click-days': days, 'view-hours': hours } = options
        const input = createNetworkInput.parse({
          mediaSource: options['media-source'],
          claimUrl: options['claim-url'],
          ...(days !== undefined && { clickWindowMs: days * DAY }),
          ...(hours !== undefined && { viewWindowMs: hours * HOUR }),
        })
        // Embedded stores are the demo's, whose secret lies beside them.
        const sealing = authSecret({ ...env(), DEMO: env().DEMO || product.kind !== 'configured' })
        return createNetwork(await find(product, options.app), input, { sealing, client: product.admin })
      },
    ),
    define('network list', '--app ID', { app: required }, async (product, { app }) => ({
      networks: await listNetworks(await find(product, app), product.admin),
    })),
    define(
      'network delete',
      '--app ID --network ID',
      { app: required, network: required },
      async (product, { app, network }) => deleteNetwork(await find(product, app), network, product.admin),
    ),
  ]
}
