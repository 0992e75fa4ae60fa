import { readiness } from '#server/modules/health/index.ts'

export const dynamic = 'force-dynamic'

/** 200 when both stores answer, 503 with the one that does not. */
export async function GET(): Promise<Response> {
  const { ready, checks } = await readiness()
  return Response.json(
    { status: ready ? 'ok' : 'unavailable', checks },
    { status: ready ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  )
}
