/** What `taxon evaluate --json` printed, without the one field that is not the same in every run. */
export function withoutSeconds(json: string): string {
  return JSON.stringify(JSON.parse(json, (key, value) => (key === 'seconds' ? undefined : value)))
}
