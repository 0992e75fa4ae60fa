import { currentDecision, decisionHistory } from '#server/modules/attribution/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { otherMethods, rest } from '#server/procedure/index.ts'

export const dynamic = 'force-dynamic'

/**
 * The current decision about a device's install; with `?history=true` `{decisions}`, all of them, newest first.
 * 404 when the app or a decision about the device does not exist.
 */
export const GET = rest<{ app: string; device_id: string }>(
  { permission: 'decisions:read' },
  async ({ request, params, app }) => {
    const { scope } = await app(params.app)
    const deviceId = params.device_id
    const missing = () =>
      new AppError('not_found', 'There is no decision about an install of this device.', { field: 'device_id' })
    if (new URL(request.url).searchParams.get('history') === 'true') {
      const decisions = await decisionHistory(scope, deviceId)
      if (decisions.length === 0) throw missing()
      return Response.json({ decisions })
    }
    const decision = await currentDecision(scope, deviceId)
    if (!decision) throw missing()
    return Response.json(decision)
  },
)

export const { POST, PUT, PATCH, DELETE, OPTIONS } = otherMethods('GET')
