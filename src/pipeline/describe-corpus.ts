import { type CorpusInfo, openCorpus } from '../corpus/index.ts'

/** What a corpus holds, with the digest that names it. */
export interface DescribedCorpus extends CorpusInfo {
  readonly directory: string
  readonly digest: string
}

/** Describes a corpus. @throws UnreadableError, UnknownFormatError, DamagedFileError */
export async function describeCorpus(directory: string): Promise<DescribedCorpus> {
  const corpus = await openCorpus(directory)
  try {
    return { directory, digest: await corpus.digest(), ...(await corpus.info()) }
  } finally {
    corpus.close()
  }
}
