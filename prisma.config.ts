import { defineConfig } from 'prisma/config'

/** Prisma's own configuration: where the schema's folder and the migrations are. The product itself connects by adapter. */
export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
})
