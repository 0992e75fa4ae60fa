import type { Client, Options } from './types.ts'

/**
 * Makes `init` of a platform: one client for each name.
 * @param create makes a client that is not there yet
 * @returns `init`; it throws an Error when a second key comes under one name, whose events would go to the first key's app
 */
export function instances<O extends Options>(create: (options: O) => Client): (options: O) => Client {
  const made = new Map<string | undefined, { key: string; client: Client }>()
  return (options) => {
    const { key, name } = options
    let one = made.get(name)
    if (!one) {
      one = { key, client: create(options) }
      made.set(name, one)
    }
    if (one.key !== key)
      throw new Error('unmogrowp: init was called with two keys. Give each app a name: init({ key, name })')
    return one.client
  }
}
