import pino from 'pino'
import { env } from './env.ts'
import { logDestination } from './log-destination.ts'

export type Logger = pino.Logger

/**
 * The structured logger of one process role; JSON lines on standard output.
 * Passwords, tokens, keys and cookies are cut out wherever they stand.
 * @param role name of the process role, such as `collector`
 */
export function createLogger(role: string, level: string = env().LOG_LEVEL): Logger {
  return pino(
    {
      level,
      base: { role, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'password',
          'token',
          'key',
          'secret',
          'authorization',
          'cookie',
          '*.password',
          '*.token',
          '*.secretKey',
          '*.authorization',
          '*.cookie',
          'req.headers.authorization',
          'req.headers.cookie',
        ],
        censor: '[cut]',
      },
    },
    logDestination(),
  )
}
