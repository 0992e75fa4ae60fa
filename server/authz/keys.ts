import { z } from 'zod'
import type { OrgId } from '#server/platform/ids.ts'
import { postgres } from '#server/stores/index.ts'
import { KEY_SCOPES, type KeyScope } from './permissions.ts'
import { sha256 } from './sessions.ts'

const rowSchema = z.object({
  key_id: z.string(),
  org_id: z.string().transform((value) => value as OrgId),
  scopes: z.array(z.string()),
  revoked: z.boolean(),
})

/** What a secret key proves. */
export interface VerifiedKey {
  keyId: string
  orgId: OrgId
  scopes: KeyScope[]
}

/**
 * Whose secret key this is.
 * @param bearer the key itself, or an Authorization header's `Bearer …`
 * @returns null when it is no key, unknown or revoked
 */
export async function verifySecretKey(bearer: string | null | undefined): Promise<VerifiedKey | null> {
  const key = (bearer ?? '').replace(/^bearer\s+/i, '').trim()
  if (!key.startsWith('sk_') || key.length > 200) return null
  const [row] = z.array(rowSchema).parse(await postgres().$queryRaw`select * from lookup_secret_key(${sha256(key)})`)
  if (!row || row.revoked) return null
  const scopes = KEY_SCOPES.filter((scope) => row.scopes.includes(scope))
  void postgres().$executeRaw`select touch_keys(array[]::text[], array[${row.key_id}]::text[])`.catch(() => undefined)
  return { keyId: row.key_id, orgId: row.org_id, scopes }
}
