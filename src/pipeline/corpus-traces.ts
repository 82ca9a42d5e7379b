import { openCorpus } from '../corpus/index.ts'
import { readTraces, type TraceSource } from '../evaluation/index.ts'
import type { Trace } from '../samples/index.ts'

/** The folders of an evaluation's corpora. */
export interface CorpusFolders {
  readonly training: string
  readonly heldOut: string | null
}

type Read = () => Promise<readonly Trace[]>

/**
 * A source of traces that reads each view of each corpus once, when it is first asked for, and keeps it.
 * @param through runs each reading
 */
export function corpusTraces(folders: CorpusFolders, through = (read: Read) => read()): TraceSource {
  const known = new Map<string, Promise<readonly Trace[]>>()
  return (side, view) => {
    const key = `${side} ${view}`
    let traces = known.get(key)
    if (!traces) {
      const folder = side === 'training' ? folders.training : folders.heldOut
      if (folder === null) throw new RangeError('there is no held-out corpus')
      traces = through(() => read(folder, view))
      known.set(key, traces)
    }
    return traces
  }
}

async function read(folder: string, view: Trace['view']): Promise<readonly Trace[]> {
  const corpus = await openCorpus(folder)
  try {
    return await readTraces(corpus, view)
  } finally {
    corpus.close()
  }
}
