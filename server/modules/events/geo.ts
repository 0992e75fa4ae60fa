import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { type CountryResponse, open } from 'maxmind'

/** ISO 3166-1 alpha-2 country of an IP address in upper case; empty for private, unknown and malformed ones. */
export type CountryOf = (ip: string) => string

/** Source: the registries' delegation files (CC0) as @ip-location-db/geo-whois-asn-country-mmdb ships them. */
const PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb'
const FILE = 'geo-whois-asn-country.mmdb'
const CACHED_ADDRESSES = 20_000

/** Opens the country database that comes with npm; it is read into memory once (8 MB) and answers without I/O. */
export async function openGeo(): Promise<CountryOf> {
  // Next's bundler follows a name it can read, and would want to bundle the database.
  const file = createRequire(import.meta.url).resolve([PACKAGE, FILE].join('/'))
  const reader = await open<CountryResponse & { country_code?: string }>(file, { cache: { max: CACHED_ADDRESSES } })
  // Every event of a device's batch has the same address.
  let lastIp = ''
  let lastCountry = ''
  return (ip) => {
    if (ip === lastIp) return lastCountry
    lastCountry = isIP(ip) === 0 ? '' : (reader.get(ip)?.country_code ?? '')
    lastIp = ip
    return lastCountry
  }
}
