import type { Role } from '#server/authz/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId, newToken, type OrgId, type UserId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres, type Transaction } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { hashPassword } from './passwords.ts'
import { email as emailSchema } from './schema.ts'

/**
 * Makes a person a member of an organization, for the operator's command line. A new person gets a random password; one who
 * has an account keeps it.
 * @param client the owner's client, or the application's
 * @returns the generated password, null for somebody who had an account
 * @throws ZodError for a bad address; AppError conflict when the person is a member in another role already
 */
export async function createUser(
  orgId: OrgId,
  address: string,
  role: Role,
  client: PrismaClient = postgres(),
): Promise<{ userId: UserId; password: string | null }> {
  const person = await createPerson(address, client)
  await withOrg(orgId, (tx) => addMember(tx, { orgId, userId: person.userId, role }), client)
  return person
}

/** Adding is no way to change a role: that would also take an organization's last owner away, unasked. */
async function addMember(tx: Transaction, member: { orgId: OrgId; userId: UserId; role: Role }): Promise<void> {
  const { orgId, userId, role } = member
  const known = await tx.membership.findUnique({ where: { orgId_userId: { orgId, userId } } })
  if (known && known.role !== role) {
    throw new AppError('conflict', `This person is a member already, as ${known.role}.`, { field: 'email' })
  }
  if (!known) await tx.membership.create({ data: member })
}

/**
 * A person with a verified address, without a membership.
 * @param password what it shall be; generated when absent
 * @returns password null when the address had an account already
 */
export async function createPerson(
  address: string,
  client: PrismaClient = postgres(),
  password: string = newToken(20),
): Promise<{ userId: UserId; password: string | null }> {
  const email = emailSchema.parse(address)
  const known = await client.user.findUnique({ where: { email }, select: { id: true } })
  if (known) return { userId: known.id as UserId, password: null }
  const user = await client.user.create({
    data: { id: newId('user'), email, passwordHash: await hashPassword(password), emailVerifiedAt: new Date() },
  })
  return { userId: user.id as UserId, password }
}

/**
 * Gives a person a new password and ends their sessions, for the operator's command line.
 * @param client the owner's client, or the application's
 */
export async function setPassword(userId: UserId, password: string, client: PrismaClient = postgres()): Promise<void> {
  const passwordHash = await hashPassword(password)
  await client.user.update({ where: { id: userId }, data: { passwordHash } })
  await client.session.deleteMany({ where: { userId } })
}

/** Removes what expired: sessions, sign-ups, resets, counters. For the jobs role, once in a while. */
export async function cleanUpAccounts(client: PrismaClient = postgres()): Promise<void> {
  const before = new Date(Date.now() - 24 * 3_600_000)
  await client.session.deleteMany({ where: { expiresAt: { lt: new Date() } } })
  await client.signUpRequest.deleteMany({ where: { expiresAt: { lt: before } } })
  await client.passwordReset.deleteMany({ where: { expiresAt: { lt: before } } })
  await client.rateLimit.deleteMany({ where: { expire: { lt: before } } })
}
