import { UsageError } from '../../../core/index.ts'

/** Where a clamd listens. */
export type ClamdAddress = { readonly path: string } | { readonly host: string; readonly port: number }

const CUSTOMARY_PORT = 3310

/**
 * The address that a text names: a path (`/run/clamav/clamd.ctl`, `unix:clamd.sock`), or a host with a port
 * (`127.0.0.1:3310`, `tcp://clamd.lan:3310`, `[::1]:3310`; 3310 where none is given).
 * @throws UsageError
 */
export function parseClamdAddress(text: string): ClamdAddress {
  const wrong = () =>
    new UsageError(`clamd: a path of a socket, or a host and port, is wanted, got ${JSON.stringify(text)}`)
  const path = /^unix:(?:\/\/)?(.+)$/.exec(text)?.[1] ?? (/^[./]/.test(text) ? text : null)
  if (path !== null) {
    if (path.includes('\0')) throw wrong()
    return { path }
  }
  const pattern = /^(?:tcp:(?:\/\/)?)?(?:\[(?<six>[0-9a-f:.]+)\]|(?<name>[\w.-]+))(?::(?<port>\d{1,5}))?$/i
  const { six, name, port } = pattern.exec(text)?.groups ?? {}
  const host = six ?? name
  const number = port === undefined ? CUSTOMARY_PORT : Number(port)
  if (host === undefined || number < 1 || number > 65_535) throw wrong()
  return { host, port: number }
}

/** The address for people. */
export function addressText(address: ClamdAddress): string {
  if ('path' in address) return address.path
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`
}
