import type { Setting } from './suricata-yaml.ts'

/** A setting that keeps files whole, or has them written at all. */
export interface Check {
  readonly name: string
  readonly wanted: string
  readonly why: string
  /** @param text null where nothing is said */
  isRight(text: string | null, value: Setting | undefined): boolean
}

/** Whether a text says yes in one of Suricata's words for it (`ConfValIsTrue`). */
export const isYes = (text: string | null) => /^(?:1|yes|true|on)$/i.test(text ?? '')
const isNotNo = (text: string | null) => !/^(?:0|no|false|off)$/i.test(text ?? '')
const isNotYes = (text: string | null) => !isYes(text)
/** A size of nothing is no limit; `0kb` is one too. */
const isUnlimited = (text: string | null) => /^0+\s*(?:[kmg]i?b?|bytes)?$/i.test(text ?? '')
const isUnlimitedOrUnsaid = (text: string | null) => text === null || isUnlimited(text)

const FILE_STORE = 'outputs.file-store'
const EVE = 'outputs.eve-log'
const HTTP = 'app-layer.protocols.http.libhtp.default-config'

const bodyLimit = (name: string, which: string): Check => ({
  name,
  wanted: '0',
  isRight: isUnlimited,
  why: `files in HTTP ${which} are cut there; 4096 bytes where nothing is said`,
})

const protocol = (name: string, what: string): Check => ({
  name: `app-layer.protocols.${name}.enabled`,
  wanted: 'yes',
  isRight: (text) => isNotNo(text) && text !== 'detection-only',
  why: `files over ${what} are not seen`,
})

/** In the order of the file; what is measured and what is documented stands in docs/intake.md. */
export const CHECKS: readonly Check[] = [
  { name: `${EVE}.enabled`, wanted: 'yes', isRight: isYes, why: 'nothing tells of the files' },
  {
    name: `${EVE}.filetype`,
    wanted: 'regular',
    isRight: (text) => text === null || text === 'regular' || text === 'file',
    why: 'taxon follows a file',
  },
  {
    name: `${EVE}.filename`,
    wanted: 'a name that stays',
    isRight: (text) => text === null || !text.includes('%'),
    why: 'the log has another name each time then; taxon follows one',
  },
  {
    name: `${EVE}.threaded`,
    wanted: 'no',
    isRight: isNotYes,
    why: 'each thread writes a file of its own then; taxon follows one',
  },
  {
    name: `${EVE}.prefix`,
    wanted: 'nothing',
    isRight: (text) => text === null,
    why: 'the lines are no JSON then',
  },
  {
    name: `${EVE}.types.files`,
    wanted: 'to be listed',
    isRight: (_, value) => value !== undefined,
    why: 'no event tells of a file then',
  },
  { name: `${FILE_STORE}.enabled`, wanted: 'yes', isRight: isYes, why: 'no file is stored' },
  {
    name: `${FILE_STORE}.version`,
    wanted: '2',
    isRight: (text) => text === '2',
    why: 'only version 2 names files by their SHA-256',
  },
  {
    name: `${FILE_STORE}.force-filestore`,
    wanted: 'yes',
    isRight: isYes,
    why: 'only files that a rule with filestore names are stored',
  },
  {
    name: `${FILE_STORE}.stream-depth`,
    wanted: '0',
    isRight: isUnlimitedOrUnsaid,
    why: 'larger files that a rule has stored are cut there',
  },
  {
    name: `${FILE_STORE}.write-fileinfo`,
    wanted: 'yes',
    isRight: isYes,
    why: 'files whose log was rotated away are found without their names and addresses',
  },
  {
    name: 'stream.reassembly.depth',
    wanted: '0',
    isRight: isUnlimitedOrUnsaid,
    why: 'every larger file is cut, whatever the protocol and stream-depth',
  },
  protocol('http', 'HTTP'),
  bodyLimit(`${HTTP}.request-body-limit`, 'requests'),
  bodyLimit(`${HTTP}.response-body-limit`, 'responses'),
  protocol('http2', 'HTTP/2'),
  protocol('smtp', 'SMTP'),
  {
    name: 'app-layer.protocols.smtp.raw-extraction',
    wanted: 'no',
    isRight: isNotYes,
    why: 'mails are stored as they are sent, not their attachments',
  },
  {
    name: 'app-layer.protocols.smtp.mime.decode-mime',
    wanted: 'yes',
    isRight: isNotNo,
    why: 'no attachment is stored',
  },
  {
    name: 'app-layer.protocols.smtp.mime.decode-base64',
    wanted: 'yes',
    isRight: isNotNo,
    why: 'attachments are stored encoded, and cut',
  },
  protocol('ftp', 'FTP'),
  protocol('smb', 'SMB'),
  {
    name: 'app-layer.protocols.smb.stream-depth',
    wanted: '0',
    isRight: isUnlimitedOrUnsaid,
    why: 'larger files over SMB are cut there',
  },
  protocol('nfs', 'NFS'),
]

/** What an own configuration of HTTP servers may say otherwise. */
export const HTTP_SERVER: readonly Check[] = [
  bodyLimit('request-body-limit', 'requests'),
  bodyLimit('response-body-limit', 'responses'),
]
