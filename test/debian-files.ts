import { debianPackage, hasDebianTools, regularFiles } from '../corpora/debian.js'

/**
 * Files of Debian packages, given as `name` or `name:architecture`, or null where this machine cannot fetch them: tests
 * then skip with a printed reason. CI can, so there their absence is an error.
 */
export async function debianFiles(packages: readonly string[]): Promise<string[] | null> {
  const missing = hasDebianTools() ? null : 'there is no apt-get or dpkg-deb here'
  if (missing === null) {
    const files: string[] = []
    for (const each of packages) {
      const [name, architecture = 'amd64'] = each.split(':')
      files.push(...regularFiles(await debianPackage(name!, architecture)))
    }
    return files
  }
  if (process.env.CI) throw new Error(`debian files: ${missing}, and CI must have them`)
  console.info(`skipped: ${missing}, so Debian's packages cannot be fetched`)
  return null
}
