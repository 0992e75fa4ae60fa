import { ZodError } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import { COMMANDS } from './admin/commands.ts'
import { openProduct } from './admin/product.ts'

/**
 * `npm run admin -- <command> [--json]`: the operator's command line, beside a running stack or alone.
 * With --json the last line of standard output is one JSON object; errors go to standard error with exit code 1, wrong usage 2.
 */
const args = process.argv.slice(2)
const json = args.includes('--json')
const words = args.filter((word) => word !== '--json')

const command = COMMANDS.find(({ name }) => name.split(' ').every((part, index) => words[index] === part))
if (!command) {
  console.error(
    `Usage: npm run admin -- <command> [--json]\n\n${COMMANDS.map(({ name, usage }) => `  ${name} ${usage}`).join('\n')}`,
  )
  process.exit(2)
}

/** What went wrong, without a stack, naming the option or field at fault. */
function explain(error: unknown): string {
  if (error instanceof ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')
  if (error instanceof AppError) return error.field ? `${error.field}: ${error.message}` : error.message
  return error instanceof Error ? error.message : String(error)
}

let code = 0
try {
  const rest = words.slice(command.name.split(' ').length)
  const run = command.prepare(rest)
  const product = command.alone ? undefined : await openProduct()
  try {
    const result = await run(product)
    console.log(json ? JSON.stringify(result) : JSON.stringify(result, null, 2))
  } finally {
    await product?.close()
  }
} catch (error) {
  console.error(explain(error))
  code = 1
}
process.exit(code)
