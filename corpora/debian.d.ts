/** Whether this machine can fetch and unpack Debian packages. */
export function hasDebianTools(): boolean
/** The version of a package that would be fetched, or null where apt knows none. */
export function debianVersion(name: string, architecture?: string): string | null
/** The source package that a package is built from; its own name where apt names none. */
export function debianSource(name: string, architecture?: string): string
/** Folder with the files of a package, fetched if need be. @throws Error where apt cannot fetch it */
export function debianPackage(name: string, architecture?: string): Promise<string>
/** Paths of all regular files in a folder and below, sorted. */
export function regularFiles(folder: string): string[]
