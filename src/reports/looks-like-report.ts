/** Formats go by content; a name like this only keeps a broken report from being passed over in silence. */
const REPORT_LIKE_NAME = /\.(json|jsonl|ndjson)(\.(gz|zst))?$/i

const HEAD_BYTES = 512

/** Whether a file that starts so (compression undone) may be a report or a traces file: it starts like JSON or is called so. */
export function looksLikeReport(head: Uint8Array, name: string): boolean {
  if (REPORT_LIKE_NAME.test(name)) return true
  const start = new TextDecoder('utf-8', { ignoreBOM: true }).decode(head.subarray(0, HEAD_BYTES))
  return /^\uFEFF?\s*[{[]/.test(start)
}
