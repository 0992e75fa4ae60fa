import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { checkPassword } from '#server/modules/account/index.ts'
import { setEnv } from '#server/platform/env.ts'
import { storesEnv } from '../admin/testing/run-admin.ts'
import { seedDemo } from './seed.ts'

const stores = useStores()
const scratch = mkdtemp(join(tmpdir(), 'unmogrowp-seed-'))
afterAll(async () => rm(await scratch, { recursive: true, force: true }))

it('seeding again after a start that was killed leaves one organization and sign-ins that work', async () => {
  setEnv(storesEnv(stores, await scratch))
  await seedDemo(() => undefined)
  const { signIns, apps } = await seedDemo(() => undefined)
  expect(signIns).toHaveLength(2)
  for (const { email, password } of signIns) {
    expect(await checkPassword({ email, password }, '127.0.0.1')).toMatchObject({ userId: expect.any(String) })
  }
  expect(await stores.admin.organization.findMany({ where: { name: 'Demo Studio' } })).toMatchObject([
    { slug: apps[0]?.org },
  ])
}, 120_000)
