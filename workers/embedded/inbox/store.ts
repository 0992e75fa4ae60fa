import { randomUUID } from 'node:crypto'
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import PostalMime from 'postal-mime'

/** A mail as the inbox shows it. */
export interface Message {
  id: string
  /** Recipients of the envelope, joined by commas. */
  to: string
  from: string
  subject: string
  text: string
  html: string
  /** Addresses in the text, in order, each once. */
  links: string[]
  /** RFC 3339, UTC */
  receivedAt: string
}

/** Oldest mails are dropped past this. */
const MOST_KEPT = 500

/** Received mails: in memory, and in a file of one JSON line each so that a restart keeps them. */
export class MessageStore {
  readonly #file: string | undefined
  #messages: Message[] = []
  #writing: Promise<void> = Promise.resolve()

  private constructor(file: string | undefined) {
    this.#file = file
  }

  /**
   * Opens the store; unreadable lines of the file (a killed process leaves at most one) are skipped.
   * @param file where mails are kept; absent: only in memory
   */
  static async open(file: string | undefined): Promise<MessageStore> {
    const store = new MessageStore(file)
    if (!file) return store
    await mkdir(dirname(file), { recursive: true })
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
    const kept = lines.flatMap((line) => parseLine(line)).slice(-MOST_KEPT)
    store.#messages = kept
    await writeFile(file, kept.map((message) => `${JSON.stringify(message)}\n`).join(''))
    return store
  }

  /** Reads a raw mail and keeps it; returns once it is in the file. */
  async add(raw: Uint8Array, envelope: { from: string; to: string[] }): Promise<Message> {
    const mail = await PostalMime.parse(raw)
    const text = mail.text ?? ''
    const message: Message = {
      id: randomUUID(),
      to: envelope.to.join(', '),
      from: mail.from?.address ?? envelope.from,
      subject: mail.subject ?? '(no subject)',
      text,
      html: mail.html ?? '',
      links: [...new Set((text.match(/https?:\/\/[^\s<>"']+/g) ?? []).map((link) => link.replace(/[.,;)]+$/, '')))],
      receivedAt: new Date().toISOString(),
    }
    this.#messages = [...this.#messages, message].slice(-MOST_KEPT)
    await this.#write((file) => appendFile(file, `${JSON.stringify(message)}\n`))
    return message
  }

  /** Mails, newest first; with `to`, only those to that address (upper and lower case are the same). */
  list(to?: string): Message[] {
    const wanted = to?.trim().toLowerCase()
    const all = this.#messages.toReversed()
    return wanted ? all.filter((message) => message.to.toLowerCase().split(', ').includes(wanted)) : all
  }

  /** One mail. */
  get(id: string): Message | undefined {
    return this.#messages.find((message) => message.id === id)
  }

  /** Forgets every mail. */
  async clear(): Promise<void> {
    this.#messages = []
    await this.#write((file) => writeFile(file, ''))
  }

  /** One write after the other, so that lines do not mix. */
  #write(work: (file: string) => Promise<void>): Promise<void> {
    const file = this.#file
    if (!file) return Promise.resolve()
    const next = this.#writing.then(() => work(file))
    this.#writing = next.catch(() => undefined)
    return next
  }
}

function parseLine(line: string): Message[] {
  if (!line) return []
  try {
    const value = JSON.parse(line) as Partial<Message>
    return typeof value.id === 'string' && typeof value.text === 'string' ? [value as Message] : []
  } catch {
    return []
  }
}
