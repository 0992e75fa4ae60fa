/** The part of a pino logger that this folder uses; any object with these methods will do. */
export interface ClickHouseLogger {
  /** Something worth knowing once, such as start and stop. */
  info(fields: Record<string, unknown>, message: string): void
  /** Something unexpected that the server survived. */
  warn(fields: Record<string, unknown>, message: string): void
  /** Something that lost work. */
  error(fields: Record<string, unknown>, message: string): void
}

/** A logger that says nothing, for tests. */
export const silentLogger: ClickHouseLogger = { info() {}, warn() {}, error() {} }
