import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '#prisma/generated/client.ts'

export type { PrismaClient } from '#prisma/generated/client.ts'
export { Prisma } from '#prisma/generated/client.ts'
/** The client inside a transaction. */
export type Transaction = Parameters<Parameters<PrismaClient['$transaction']>[0]>[0]

/**
 * Opens Prisma on a Postgres connection.
 * @param url postgresql://…
 * @param connections most connections the pool may hold
 */
export function openPostgres(url: string, connections = 10): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: connections }) })
}
