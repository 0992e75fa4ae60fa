import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { Product } from './product.ts'

/** One command of the operator's command line. */
export interface Command {
  name: string
  usage: string
  /** Needs no stores. */
  alone?: boolean
  /**
   * Checks the options before anything is started.
   * @throws ZodError or Error that names the option
   * @returns the work, which resolves to what --json prints
   */
  prepare(args: string[]): (product: Product | undefined) => Promise<unknown>
}

/** Text that an option must have. */
export const required = z.string({ error: 'is missing' }).min(1, 'is empty')

/** What the work of a command is given: its options, checked, and its other words. */
interface Given<S extends z.ZodRawShape> {
  options: z.output<z.ZodObject<S>>
  files: string[]
}

function given<S extends z.ZodRawShape>(shape: S, args: string[]): Given<S> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: Object.fromEntries(Object.keys(shape).map((key) => [key, { type: 'string' as const }])),
  })
  return { options: z.object(shape).parse(values), files: positionals }
}

/** Defines a command whose options are checked by a schema; every option takes one value. */
export function define<S extends z.ZodRawShape>(
  name: string,
  usage: string,
  shape: S,
  work: (product: Product, options: z.output<z.ZodObject<S>>, files: string[]) => Promise<unknown>,
): Command {
  return {
    name,
    usage,
    prepare(args) {
      const { options, files } = given(shape, args)
      return (product) => {
        if (!product) throw new Error(`${name} needs the stores.`)
        return work(product, options, files)
      }
    },
  }
}

/** Defines a command that works on files alone: nothing is started for it. */
export function defineAlone<S extends z.ZodRawShape>(
  name: string,
  usage: string,
  shape: S,
  work: (options: z.output<z.ZodObject<S>>) => Promise<unknown>,
): Command {
  return {
    name,
    usage,
    alone: true,
    prepare(args) {
      const { options } = given(shape, args)
      return () => work(options)
    },
  }
}
