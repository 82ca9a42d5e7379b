/**
 * Lays the executables of Debian packages (`name` or `name:architecture`) into `folder`/files under their SHA-256, writes
 * `folder`/labels.csv and prints the counts of each package. @param labelOf null leaves a file out
 * @returns how many files there are
 */
export function collect(
  folder: string,
  packages: readonly string[],
  labelOf: (bytes: Buffer) => { readonly label: '0' | '1' } | null,
): Promise<number>
/** What an ELF header says: its type and machine as numbers; null where it is no little-endian ELF file. */
export function elfHeader(
  bytes: Buffer,
): { readonly bits: 64 | 32; readonly type: number; readonly machine: number } | null
/** The machine of a PE file, and whether it holds managed code; null where it is no PE file. */
export function peHeader(bytes: Buffer): { readonly machine: number; readonly managed: boolean } | null
