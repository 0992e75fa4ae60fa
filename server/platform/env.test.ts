import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { authSecret, envSchema, given, parseEnv, setEnv } from './env.ts'

describe('environment', () => {
  it('is listed in .env.example, variable by variable', () => {
    const listed = [...readFileSync('.env.example', 'utf8').matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1])
    expect(listed.sort()).toEqual(Object.keys(envSchema.shape).sort())
  })

  it('names every variable that does not fit, in one error', () => {
    expect(() => parseEnv({ PORT: 'many', WEB_URL: 'nowhere' })).toThrow(/PORT: [\s\S]*WEB_URL: /)
  })

  it('takes an empty value as absent', () => {
    const env = parseEnv({ PORT: '', DATABASE_URL: '' })
    expect([env.PORT, env.DATABASE_URL]).toEqual([3000, undefined])
  })

  it('tells what was given from what is a default', () => {
    setEnv({ WEB_URL: '', MAIL_FROM: 'a@example.com' })
    expect([given('WEB_URL'), given('MAIL_FROM')]).toEqual([undefined, 'a@example.com'])
    setEnv({ WEB_URL: undefined, MAIL_FROM: undefined })
  })

  it('has no secret outside demo mode', () => {
    expect(() => authSecret(parseEnv({}))).toThrow(/AUTH_SECRET is not set/)
  })
})
