export { type MailContent, renderMail } from './layout.ts'
export { sendMail } from './transport.ts'
