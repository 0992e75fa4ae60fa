import { redirect } from 'next/navigation'

/** Rejected events are part of the ingestion page; addresses that were shared before lead there, filters included. */
export default async function RejectedPage({
  params,
  searchParams,
}: {
  params: Promise<{ org: string; app: string }>
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const [{ org, app }, search] = await Promise.all([params, searchParams])
  const query = new URLSearchParams(
    Object.entries(search).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
  redirect(`/${org}/${app}/ingestion${query.size > 0 ? `?${query}` : ''}#rejected`)
}
