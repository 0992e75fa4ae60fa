import type { DeepLink } from './types.ts'

/** A broken escape stays as it is: a link is a stranger's input. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * Reads a link's parameters. By hand, because React Native's URL cannot read queries, and because a plus is a plus:
 * networks' click ids contain them.
 * @param url any address, an app's own scheme included
 */
export function readLink(url: string): DeepLink {
  const params: Record<string, string> = Object.create(null)
  const query = url.replace(/#.*/, '').split('?').slice(1).join('?')
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    if (at > 0) params[decode(pair.slice(0, at))] = decode(pair.slice(at + 1))
  }
  return { url, params, clickId: params.click_id || undefined, referrer: params.referrer || undefined }
}
