export const dynamic = 'force-dynamic'

/** The process is up; says nothing about the stores. */
export function GET(): Response {
  return Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } })
}
