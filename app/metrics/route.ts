import { metricsText } from '#server/modules/health/index.ts'

export const dynamic = 'force-dynamic'

/** The web process's figures for Prometheus. */
export async function GET(): Promise<Response> {
  const { body, contentType } = await metricsText()
  return new Response(body, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } })
}
