import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import { afterEach, expect, test } from 'vitest'
import { type Message, type RunningInbox, startInbox } from './index.ts'

const running: RunningInbox[] = []
const start = async (file?: string) => {
  const inbox = await startInbox({ smtpPort: 0, httpPort: 0, file })
  running.push(inbox)
  return inbox
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((inbox) => inbox.stop()))
})

async function send(inbox: RunningInbox, to: string, subject: string, text: string, html?: string) {
  const transport = nodemailer.createTransport({ url: inbox.smtpUrl })
  await transport.sendMail({ from: 'Product <no-reply@example.com>', to, subject, text, html })
  transport.close()
}
const read = async (inbox: RunningInbox, query = '') =>
  (await (await fetch(`${inbox.url}/api/messages${query}`)).json()) as Message[]

test('a mail sent over SMTP is listed newest first, found by recipient whatever the case, with its links', async () => {
  const inbox = await start()
  await send(inbox, 'one@example.com', 'Größe 😀', 'Go to https://example.com/a?x=1&y=2 or\nhttps://example.com/b')
  await send(inbox, 'two@example.com', 'Second', 'Plain')
  expect((await read(inbox)).map(({ subject }) => subject)).toEqual(['Second', 'Größe 😀'])
  const [found, ...others] = await read(inbox, '?to=ONE@example.com')
  expect(others).toEqual([])
  expect(found).toMatchObject({
    to: 'one@example.com',
    from: 'no-reply@example.com',
    links: ['https://example.com/a?x=1&y=2', 'https://example.com/b'],
  })
  const one = await fetch(`${inbox.url}/api/messages/${found?.id}`)
  expect(((await one.json()) as Message).subject).toBe('Größe 😀')
  expect((await fetch(`${inbox.url}/api/messages/unknown`)).status).toBe(404)
})

test('mails survive a restart, and DELETE forgets them for good', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'inbox-'))
  try {
    const file = join(dir, 'mails.ndjson')
    const first = await start(file)
    await send(first, 'a@example.com', 'Kept', 'text')
    await first.stop()
    running.splice(0)
    const second = await start(file)
    expect((await read(second)).map(({ subject }) => subject)).toEqual(['Kept'])
    await fetch(`${second.url}/api/messages`, { method: 'DELETE' })
    await second.stop()
    running.splice(0)
    expect(await read(await start(file))).toEqual([])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

test('a mail cannot put markup or script into the page that lists it', async () => {
  const inbox = await start()
  await send(inbox, 'a@example.com', '<script>alert(1)</script>', 'x', '<head></head><script>alert(2)</script>')
  const list = await fetch(`${inbox.url}/`)
  const body = await list.text()
  expect(body).not.toContain('<script>alert')
  expect(body).toContain('&lt;script&gt;alert(1)')
  expect(list.headers.get('content-security-policy')).toContain("default-src 'none'")
  const [mail] = await read(inbox)
  const frame = await fetch(`${inbox.url}/messages/${mail?.id}/html`)
  expect(frame.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
})

test('a foreign host name pointed at the machine reads nothing', async () => {
  const inbox = await start()
  const { request } = await import('node:http')
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${inbox.url}/api/messages`, { headers: { host: 'evil.example' } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})
