import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Whether Suricata 7 or newer is here; tests that need it skip with a printed reason where it is not, and fail under CI. */
export function hasSuricata(): boolean {
  const { stdout } = spawnSync('suricata', ['-V'], { encoding: 'utf8' })
  const has = / version ([7-9]|\d\d)\./.test(stdout ?? '')
  if (!has && process.env.CI) throw new Error('Suricata 7 is missing, and CI must have it')
  if (!has)
    console.info(
      'skipped: Suricata 7 is not here (Debian 12: apt-get install -t bookworm-backports suricata)',
    )
  return has
}

export interface Replay {
  readonly capture: string
  readonly settings: string
  /** Folder that it writes to; it must be there. */
  readonly folder: string
  readonly rules?: string
  readonly more?: readonly string[]
}

/** Has Suricata read a capture, and gives the paths of what it wrote. @throws Error with what it complained of */
export function replay({ capture, settings, folder, rules, more = [] }: Replay) {
  const args = ['-r', capture, '-c', settings, '-l', folder, '--runmode', 'single', ...more]
  args.push('-S', rules ?? '/dev/null')
  const { status, stdout, stderr } = spawnSync('suricata', args, { encoding: 'utf8', timeout: 60_000 })
  const eve = join(folder, 'eve.json')
  if (status === 0 && existsSync(eve)) return { eve, filestore: join(folder, 'filestore') }
  const said = `${stdout}${stderr}`.split('\n').filter((line) => /Error|Warning/.test(line))
  throw new Error(`suricata: status ${status}\n${said.slice(0, 10).join('\n')}`)
}
