import { explainInstall } from '#server/modules/attribution/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { otherMethods, rest } from '#server/procedure/index.ts'

export const dynamic = 'force-dynamic'

/**
 * The current decision about a device's install; with `?history=true` all of them, newest first, under `decisions`.
 * Either way with the rules each followed and with the device's `reengagements`.
 * 404 when the app or a decision about the device does not exist.
 */
export const GET = rest<{ app: string; device_id: string }>(
  { permission: 'decisions:read' },
  async ({ request, params, app }) => {
    const { scope } = await app(params.app)
    const history = new URL(request.url).searchParams.get('history') === 'true'
    const found = await explainInstall(scope, params.device_id, { history })
    if (!found)
      throw new AppError('not_found', 'There is no decision about an install of this device.', { field: 'device_id' })
    const { decisions, reengagements } = found
    return Response.json(history ? { decisions, reengagements } : { ...decisions[0], reengagements })
  },
)

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods('GET')
