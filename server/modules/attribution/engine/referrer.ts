const LONGEST_CLICK_ID = 200

/** Decodes percent escapes; text with a broken escape stays as it is, because a referrer is a stranger's input. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function clickIdIn(query: string): string | undefined {
  for (const pair of query.replace(/^\?/, '').split('&')) {
    const at = pair.indexOf('=')
    // Not URLSearchParams: it turns a plus into a space, and a network's base64 ids contain pluses.
    if (at !== -1 && decode(pair.slice(0, at)) === 'click_id') return decode(pair.slice(at + 1)).trim()
  }
  return undefined
}

/**
 * Finds the click id in a store's install referrer such as `click_id=…&utm_source=…`, also when the whole referrer is
 * percent-encoded up to twice more (as it travels in a Play link, and as some SDKs hand it on).
 * Returns `undefined` when there is none, it is empty, or it is longer than 200 characters. Never throws.
 */
export function referrerClickId(installReferrer: string | null | undefined): string | undefined {
  let text = installReferrer ?? ''
  for (let level = 0; level < 3; level++) {
    const id = clickIdIn(text)
    if (id !== undefined) return id.length > 0 && id.length <= LONGEST_CLICK_ID ? id : undefined
    const decoded = decode(text)
    if (decoded === text) return undefined
    text = decoded
  }
  return undefined
}
