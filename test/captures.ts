// Captures of made-up traffic: TCP over IPv4 over Ethernet, with right sequence numbers and checksums, as pcap files
// ("Libpcap File Format"; RFC 791, RFC 9293).

/** What one side says, in its turn. */
export interface Said {
  readonly by: 'client' | 'server'
  readonly bytes: Uint8Array | string
}

export interface Session {
  readonly client: readonly [address: string, port: number]
  readonly server: readonly [address: string, port: number]
  readonly turns: readonly Said[]
  /** Leaves the connection open, as where the capture ends before it does. */
  readonly isOpen?: boolean
  /** Bytes of the last turn that are captured; the connection is closed behind them. */
  readonly cutLastAt?: number
}

const SEGMENT = 1400
const [FIN, SYN, PSH, ACK] = [1, 2, 8, 16]
const START_SECONDS = 1_700_000_000

/** A capture of sessions one after another. */
export function capture(sessions: readonly Session[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt16LE(2, 4)
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(1, 20)
  const packets = sessions.flatMap((session, i) => packetsOf(session, 1000 * (i + 1)))
  const records = packets.flatMap((packet, i) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(START_SECONDS + Math.floor(i / 1000), 0)
    record.writeUInt32LE((i % 1000) * 1000, 4)
    record.writeUInt32LE(packet.length, 8)
    record.writeUInt32LE(packet.length, 12)
    return [record, packet]
  })
  return Buffer.concat([header, ...records])
}

function packetsOf(
  { client, server, turns, isOpen = false, cutLastAt }: Session,
  firstNumber: number,
): Buffer[] {
  const packets: Buffer[] = []
  const next = { client: firstNumber, server: firstNumber * 7 }
  const send = (by: 'client' | 'server', flags: number, bytes: Uint8Array = new Uint8Array(0)) => {
    const other = by === 'client' ? 'server' : 'client'
    const [from, to] = by === 'client' ? [client, server] : [server, client]
    const acknowledged = (flags & ACK) === 0 ? 0 : next[other]
    packets.push(frame(from, to, next[by], acknowledged, flags, bytes))
    next[by] += bytes.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
  }
  send('client', SYN)
  send('server', SYN | ACK)
  send('client', ACK)
  for (const [i, { by, bytes }] of turns.entries()) {
    const whole = Buffer.from(bytes)
    const said = i === turns.length - 1 && cutLastAt !== undefined ? whole.subarray(0, cutLastAt) : whole
    for (let at = 0; at < said.length; at += SEGMENT) {
      send(by, PSH | ACK, said.subarray(at, at + SEGMENT))
      send(by === 'client' ? 'server' : 'client', ACK)
    }
  }
  if (isOpen) return packets
  send('server', FIN | ACK)
  send('client', FIN | ACK)
  send('server', ACK)
  return packets
}

function frame(
  from: readonly [string, number],
  to: readonly [string, number],
  sequence: number,
  acknowledged: number,
  flags: number,
  bytes: Uint8Array,
): Buffer {
  const tcp = Buffer.alloc(20 + bytes.length)
  tcp.writeUInt16BE(from[1], 0)
  tcp.writeUInt16BE(to[1], 2)
  tcp.writeUInt32BE(sequence >>> 0, 4)
  tcp.writeUInt32BE(acknowledged >>> 0, 8)
  tcp.writeUInt8(5 << 4, 12)
  tcp.writeUInt8(flags, 13)
  tcp.writeUInt16BE(65_535, 14)
  tcp.set(bytes, 20)
  const addresses = Buffer.from([...from[0].split('.'), ...to[0].split('.')].map(Number))
  const pseudo = Buffer.concat([addresses, Buffer.from([0, 6, tcp.length >> 8, tcp.length & 255])])
  tcp.writeUInt16BE(checksum(Buffer.concat([pseudo, tcp])), 16)
  const ip = Buffer.alloc(20)
  ip.writeUInt8(0x45, 0)
  ip.writeUInt16BE(20 + tcp.length, 2)
  ip.writeUInt16BE(0x4000, 6)
  ip.writeUInt8(64, 8)
  ip.writeUInt8(6, 9)
  ip.set(addresses, 12)
  ip.writeUInt16BE(checksum(ip), 10)
  const ethernet = Buffer.from('020000000001020000000002' + '0800', 'hex')
  return Buffer.concat([ethernet, ip, tcp])
}

function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

let nextPort = 20_000

/** A download over HTTP. */
export function httpDownload(
  path: string,
  body: Uint8Array,
  { headers = '', cutAt }: { readonly headers?: string; readonly cutAt?: number } = {},
): Session {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n${headers}Content-Length: ${body.length}\r\n\r\n`
  return {
    client: ['10.1.0.2', nextPort++],
    server: ['10.1.0.1', 80],
    turns: [
      { by: 'client', bytes: `GET ${path} HTTP/1.1\r\nHost: files.example\r\nUser-Agent: test\r\n\r\n` },
      { by: 'server', bytes: Buffer.concat([Buffer.from(head), body]) },
    ],
    ...(cutAt !== undefined && { cutLastAt: head.length + cutAt }),
  }
}

/** A mail with one attachment. */
export function smtpMail(name: string, attachment: Uint8Array): Session {
  const lines = Buffer.from(attachment).toString('base64').replace(/.{76}/g, '$&\r\n')
  const mail = [
    'From: a@example.org',
    'To: b@example.org',
    'Subject: a file',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="part"',
    '',
    '--part',
    'Content-Type: text/plain',
    '',
    'see the file',
    '--part',
    `Content-Type: application/octet-stream; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    lines,
    '--part--',
    '.',
    '',
  ].join('\r\n')
  return {
    client: ['10.1.0.3', nextPort++],
    server: ['10.1.0.25', 25],
    turns: [
      { by: 'server', bytes: '220 mail.example ESMTP\r\n' },
      { by: 'client', bytes: 'EHLO client.example\r\n' },
      { by: 'server', bytes: '250 mail.example\r\n' },
      { by: 'client', bytes: 'MAIL FROM:<a@example.org>\r\n' },
      { by: 'server', bytes: '250 ok\r\n' },
      { by: 'client', bytes: 'RCPT TO:<b@example.org>\r\n' },
      { by: 'server', bytes: '250 ok\r\n' },
      { by: 'client', bytes: 'DATA\r\n' },
      { by: 'server', bytes: '354 go on\r\n' },
      { by: 'client', bytes: mail },
      { by: 'server', bytes: '250 ok\r\n' },
      { by: 'client', bytes: 'QUIT\r\n' },
      { by: 'server', bytes: '221 bye\r\n' },
    ],
  }
}

/** A download over FTP in passive mode: what is said before, the data, what is said after. */
export function ftpDownload(name: string, content: Uint8Array): readonly Session[] {
  const dataPort = 40_000 + (nextPort++ % 1000)
  const client = ['10.1.0.4', nextPort++] as const
  const control: Session = {
    client,
    server: ['10.1.0.21', 21],
    isOpen: true,
    turns: [
      { by: 'server', bytes: '220 ready\r\n' },
      { by: 'client', bytes: 'USER anonymous\r\n' },
      { by: 'server', bytes: '331 password\r\n' },
      { by: 'client', bytes: 'PASS a@example.org\r\n' },
      { by: 'server', bytes: '230 in\r\n' },
      { by: 'client', bytes: 'TYPE I\r\n' },
      { by: 'server', bytes: '200 ok\r\n' },
      { by: 'client', bytes: 'PASV\r\n' },
      {
        by: 'server',
        bytes: `227 Entering Passive Mode (10,1,0,21,${dataPort >> 8},${dataPort & 255}).\r\n`,
      },
      { by: 'client', bytes: `RETR ${name}\r\n` },
      { by: 'server', bytes: '150 here it comes\r\n' },
    ],
  }
  const data: Session = {
    client: ['10.1.0.4', nextPort++],
    server: ['10.1.0.21', dataPort],
    turns: [{ by: 'server', bytes: content }],
  }
  return [control, data]
}
