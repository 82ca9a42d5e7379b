/** The folder that the compiler runs in. */
export const nativeFolder: string
/** Compilers to try in order, each with the arguments that go before all others: CXX, which may hold some, or the usual. */
export function compilers(): [command: string, ...args: string[]][]
/**
 * The runs of the compiler that make `file`: any order of those for objects, then the link.
 * @param folder for what lies in between @param sources what the addon is to name its sources by
 */
export function addonRuns(
  folder: string,
  file: string,
  sources: string,
): { objects: string[][]; link: string[] }
