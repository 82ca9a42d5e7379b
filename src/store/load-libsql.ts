import { UsageError } from '../core/index.ts'

/**
 * SQLite, as `libsql` has it: a constructor of databases. Loaded when it is first needed, so that who keeps a store in
 * PostgreSQL can do without.
 * @throws UsageError where there is no build of it for this machine
 */
export async function loadLibsql(): Promise<typeof import('libsql')> {
  try {
    return (await import('libsql')).default as unknown as typeof import('libsql')
  } catch (error) {
    const machine = `${process.platform}-${process.arch}`
    const message = `SQLite cannot be loaded on this machine (${machine}); a store can be kept in PostgreSQL instead`
    throw new UsageError(message, { cause: error })
  }
}
