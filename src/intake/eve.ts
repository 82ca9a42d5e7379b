import {
  address,
  count,
  type Fields,
  fieldsOf,
  flag,
  member,
  object,
  port,
  sha256Of,
  text,
} from './fields.ts'
import { detailsText, type Sighting } from './sighting.ts'

/** What a `fileinfo` event of Suricata says. */
export interface FileEvent {
  readonly isStored: boolean
  /** Null where none was told, or nonsense. */
  readonly sha256: string | null
  readonly partial: readonly string[]
  readonly sighting: Sighting
}

/**
 * Reads a line of `eve.json`, or a `.json` file of the file-store, which holds the same (Suricata 7, "Eve JSON Format").
 * Null for other events, `malformed` for what is no JSON object. All texts of it but the names of its members may be
 * hostile.
 * @param writtenAt stands for its time where it tells none
 */
export function readEvent(line: string, writtenAt: number): FileEvent | 'malformed' | null {
  const event = fieldsOf(line)
  if (event === null) return 'malformed'
  if (member(event, 'event_type') !== 'fileinfo') return null
  const info = object(event, 'fileinfo')
  if (info === null) return 'malformed'
  const sha256 = sha256Of(info, 'sha256')
  return {
    isStored: flag(info, 'stored'),
    sha256,
    partial: cutSigns(event, info),
    sighting: sightingOf(event, info, sha256, writtenAt),
  }
}

/** What Suricata itself says of missing bytes. That a file is CLOSED proves nothing: a broken connection closes it too. */
function cutSigns(event: Fields, info: Fields): string[] {
  const signs: string[] = []
  const state = text(info, 'state')
  if (state !== null && state !== 'CLOSED')
    signs.push(`suricata: the state of the file is ${state.slice(0, 20)}`)
  if (flag(info, 'gaps')) signs.push('suricata: bytes within the file are missing (gaps)')
  const size = count(info, 'size')
  const whole = count(object(object(event, 'http'), 'content_range'), 'size')
  if (size !== null && whole !== null && size < whole) {
    signs.push(`suricata: ${size} of the ${whole} bytes that Content-Range tells of`)
  }
  return signs
}

function sightingOf(event: Fields, info: Fields, sha256: string | null, writtenAt: number): Sighting {
  const http = object(event, 'http')
  const time = text(event, 'timestamp') ?? ''
  const key = [
    member(event, 'flow_id'),
    member(info, 'tx_id'),
    member(info, 'file_id'),
    time,
    sha256?.slice(0, 16),
  ]
  const details = new Map<string, unknown>([
    ['proto', text(event, 'proto')],
    ...COPIED.map((name): [string, unknown] => [name, member(event, name)]),
    ...COPIED_OF_FILE.map((name): [string, unknown] => [name, member(info, name)]),
  ])
  return {
    key: `suricata:${key.map(keyPart).join(':')}`,
    source: 'suricata',
    at: timeOf(time) ?? writtenAt,
    name: text(info, 'filename'),
    protocol: text(event, 'app_proto') ?? text(event, 'proto'),
    sourceAddress: address(event, 'src_ip'),
    sourcePort: port(event, 'src_port'),
    destinationAddress: address(event, 'dest_ip'),
    destinationPort: port(event, 'dest_port'),
    host: text(http, 'hostname'),
    uri: text(http, 'url'),
    details: detailsText(details),
  }
}

/** Text of a number or a text; objects from outside may have no way to become one. */
function keyPart(part: unknown): string {
  return typeof part === 'string' || typeof part === 'number' ? String(part).slice(0, 64) : ''
}

const COPIED = [
  'flow_id',
  'host',
  'in_iface',
  'vlan',
  'community_id',
  'pcap_cnt',
  'http',
  'smtp',
  'email',
  'ftp_data',
  'smb',
  'nfs',
]
const COPIED_OF_FILE = ['file_id', 'tx_id', 'magic', 'state', 'gaps', 'size', 'md5', 'sha1', 'start', 'end']

/** `2021-01-02T03:04:05.678901+0000`; null for anything else. */
function timeOf(time: string): number | null {
  const parsed = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?:Z|([+-]\d\d):?(\d\d))$/.exec(time)
  if (!parsed) return null
  const at = Date.parse(`${parsed[1]}${parsed[2] ? `${parsed[2]}:${parsed[3]}` : 'Z'}`)
  return Number.isFinite(at) && at >= 0 ? at : null
}
