import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import type { OrgId } from '#server/platform/ids.ts'
import { postgres } from '#server/stores/index.ts'
import { keyRefusal } from './key-refusal.ts'
import { can, KEY_SCOPES, type KeyScope, type Role } from './permissions.ts'
import { sha256 } from './sessions.ts'

const rowSchema = z.object({
  key_id: z.string(),
  org_id: z.string().transform((value) => value as OrgId),
  scopes: z.array(z.string()),
  revoked: z.boolean(),
  expires_at: z.date().nullable(),
  replaced_by: z.string().nullable(),
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
 * @returns null when it is no key or unknown
 * @throws AppError unauthorized when it was revoked, expired or rotated away; the message says which
 */
export async function verifySecretKey(bearer: string | null | undefined): Promise<VerifiedKey | null> {
  const key = (bearer ?? '').replace(/^bearer\s+/i, '').trim()
  if (!key.startsWith('sk_') || key.length > 200) return null
  const [row] = z.array(rowSchema).parse(await postgres().$queryRaw`select * from lookup_secret_key(${sha256(key)})`)
  if (!row) return null
  const validity = {
    revoked: row.revoked,
    expiresAt: row.expires_at?.getTime() ?? null,
    replacedBy: row.replaced_by,
  }
  const refusal = keyRefusal(validity, Date.now())
  if (refusal) throw new AppError('unauthorized', refusal)
  const scopes = KEY_SCOPES.filter((scope) => row.scopes.includes(scope))
  void postgres().$executeRaw`select touch_keys(array[]::text[], array[${row.key_id}]::text[])`.catch(() => undefined)
  return { keyId: row.key_id, orgId: row.org_id, scopes }
}

/**
 * Refuses a key that may more than the person who makes it.
 * @throws AppError forbidden naming the scopes
 */
export function assertGrantable(role: Role, scopes: readonly string[]): void {
  const beyond = scopes.filter((scope) => !KEY_SCOPES.some((known) => known === scope && can(role, known)))
  if (beyond.length === 0) return
  throw new AppError(
    'forbidden',
    `Your role (${role}) does not include ${beyond.join(', ')}, so your keys cannot either.`,
    {
      field: 'scopes',
    },
  )
}
