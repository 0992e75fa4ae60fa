import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { authSecret } from './env.ts'

/** What sealed texts begin with: another way of sealing gets another name, and this one stays readable. */
const VERSION = 's1'

const keyOf = (secret: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', 'unmogrowp sealed secrets', 32))

/**
 * Encrypts a secret that the product must be able to read again (AES-256-GCM, under a key made from AUTH_SECRET).
 * @param owner what it belongs to, such as `network:net_…`: under another owner the sealed text opens nothing
 * @param secret of the product; absent, this process's own
 * @throws Error when AUTH_SECRET is absent outside demo mode
 */
export function seal(text: string, owner: string, secret: string = authSecret()): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret), iv).setAAD(Buffer.from(owner))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return [VERSION, ...[iv, cipher.getAuthTag(), data].map((part) => part.toString('base64url'))].join('.')
}

/**
 * Decrypts what `seal` made for the same owner.
 * @throws Error when it was sealed under another AUTH_SECRET or for another owner, or was changed
 */
export function unseal(sealed: string, owner: string, secret: string = authSecret()): string {
  const [version, ...parts] = sealed.split('.')
  const [iv, tag, data] = parts.map((part) => Buffer.from(part, 'base64url'))
  if (version !== VERSION || !iv || !tag || !data) throw new Error('A sealed secret does not have the expected form.')
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyOf(secret), iv, { authTagLength: 16 })
    decipher.setAAD(Buffer.from(owner)).setAuthTag(tag)
    return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new Error('A stored secret cannot be opened. Was AUTH_SECRET changed?', { cause })
  }
}
