/** The part of `suricata.yaml` that has files stored, and whole; Suricata 7 and 8. It is read by Suricata as it stands. */
export function suricataSettings(): string {
  return SETTINGS
}

/** Rules that have files of some kinds stored, in place of `force-filestore`; they need a Suricata with libmagic. */
export function suricataRules(): string {
  const rules = KINDS.map(
    ([what, magic], i) =>
      `alert ip any any -> any any (msg:"taxon: store ${what}"; filemagic:"${magic}"; filestore; noalert; sid:${FIRST_SID + i}; rev:1;)`,
  )
  return `${RULES_HEAD}${rules.join('\n')}\n`
}

/** Numbers of local rules begin at one million. */
const FIRST_SID = 1_090_001

/** Kinds of files, and what libmagic calls them. */
const KINDS: readonly (readonly [what: string, magic: string])[] = [
  ['Windows programs', 'PE32'],
  ['Linux programs', 'ELF'],
  ['zip archives and what is made of them', 'Zip archive'],
  ['gzip archives', 'gzip compressed'],
  ['tar archives', 'tar archive'],
]

const RULES_HEAD = `# Stores executables and archives only. Name this file under rule-files in suricata.yaml and set there
#   outputs: file-store: force-filestore: no
# All other settings that taxon intake suricata-settings prints are needed all the same.
`

const SETTINGS = `%YAML 1.1
---
# What Suricata needs to store files whole, for taxon intake. Put each value where your suricata.yaml has it already: a
# second "outputs" would take the place of the first. taxon intake check suricata.yaml says what is left to do.

outputs:
  - eve-log:
      enabled: yes
      filetype: regular
      filename: eve.json
      # One file, not one for each thread, and nothing before the JSON: no "threaded: yes", no "prefix".
      types:
        - files:
            force-magic: no
            force-hash: [sha256]
  - file-store:
      version: 2
      enabled: yes
      dir: filestore
      # Store every file. To store only some, say no and use the rules of taxon intake suricata-settings --rules.
      force-filestore: yes
      # 0 is no limit, here and below. Counts for files that rules have stored.
      stream-depth: 0
      # Each sighting also as a small file beside the stored one: taxon finds by it what a rotated log no longer tells.
      write-fileinfo: yes

stream:
  reassembly:
    # 1mb in the file that comes with Suricata: every larger file is cut, whatever the protocol and stream-depth.
    depth: 0
    # Where memory runs out files get holes; watch tcp.reassembly_gap and tcp.segment_memcap_drop in stats.log.
    memcap: 1gb

app-layer:
  protocols:
    http:
      enabled: yes
      libhtp:
        default-config:
          personality: IDS
          # 100kb in the file that comes with Suricata, 4096 bytes where nothing is said. The same in each server-config.
          request-body-limit: 0
          response-body-limit: 0
    http2:
      enabled: yes
    smtp:
      enabled: yes
      # Attachments: without decode-mime there are none, without decode-base64 they are stored as text, and cut.
      raw-extraction: no
      mime:
        decode-mime: yes
        decode-base64: yes
        decode-quoted-printable: yes
    # FTP has a connection for each file, and Suricata must know of it before it comes. With threads of the runmode autofp
    # it was late in 3 of 7 runs, and the file was lost; with the runmodes workers or single each packet has its turn.
    ftp:
      enabled: yes
    smb:
      enabled: yes
      stream-depth: 0
      detection-ports:
        dp: 139, 445
    nfs:
      enabled: yes
`
