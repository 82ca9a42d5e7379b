import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const TOOLS = ['osslsigncode', 'openssl']

/** Whether osslsigncode and openssl are here; tests that need them skip with a printed reason where not, and fail under CI. */
export function hasOsslsigncode(): boolean {
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined)
  if (missing.length === 0) return true
  if (process.env.CI) throw new Error(`${missing.join(', ')}: missing, and CI must have it`)
  console.info(
    `skipped: ${missing.join(', ')} not on this machine (Debian: apt-get install osslsigncode openssl)`,
  )
  return false
}

/** Kinds of keys, as openssl is asked for them. */
export const KEYS = {
  rsa: ['-newkey', 'rsa:2048'],
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
} as const

/** What osslsigncode signs with and verifies against, in a folder of its own. */
export interface SigningFolder {
  /** SHA-256 of the certificate by openssl's word, lower-case hex. */
  readonly thumbprint: string
  /** @param more options of `osslsigncode sign`, e.g. `-h sha1` */
  sign(bytes: Uint8Array, more?: readonly string[]): Uint8Array
  /** Whether osslsigncode finds the signature and all that it covers in order, given this certificate as trusted. */
  verify(bytes: Uint8Array): boolean
  remove(): void
}

/** Makes a certificate that signs itself. @param subject as openssl takes it, `/O=…/CN=…` */
export function signingFolder(key: keyof typeof KEYS, subject: string): SigningFolder {
  const folder = mkdtempSync(join(tmpdir(), 'taxon-osslsigncode-'))
  const at = (name: string) => join(folder, name)
  const run = (tool: string, args: readonly string[]) =>
    spawnSync(tool, args, { encoding: 'utf8', cwd: folder })
  const must = (tool: string, args: readonly string[]) => {
    const { status, stdout, stderr } = run(tool, args)
    if (status !== 0) throw new Error(`${tool} ${args.join(' ')}: status ${status}\n${stdout}${stderr}`)
    return stdout
  }
  const usage = ['-addext', 'extendedKeyUsage=codeSigning', '-addext', 'keyUsage=digitalSignature']
  const made = [...KEYS[key], ...usage, '-subj', subject, '-keyout', 'key.pem', '-out', 'certificate.pem']
  must('openssl', ['req', '-x509', '-nodes', '-sha256', '-days', '3650', '-utf8', ...made])
  const shown = must('openssl', ['x509', '-in', 'certificate.pem', '-noout', '-fingerprint', '-sha256'])
  let files = 0
  return {
    thumbprint: shown.split('=')[1]!.trim().replaceAll(':', '').toLowerCase(),
    sign(bytes, more = []) {
      const [plain, signed] = [`${++files}.exe`, `${files}.signed.exe`]
      writeFileSync(at(plain), bytes)
      const keys = ['-certs', 'certificate.pem', '-key', 'key.pem']
      must('osslsigncode', ['sign', ...keys, ...more, '-in', plain, '-out', signed])
      return new Uint8Array(readFileSync(at(signed)))
    },
    verify(bytes) {
      writeFileSync(at('verify.exe'), bytes)
      return run('osslsigncode', ['verify', '-CAfile', 'certificate.pem', '-in', 'verify.exe']).status === 0
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
