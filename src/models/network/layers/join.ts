import type { Place, Rows, Run, Stage } from '../stage.ts'

/** Rows of two branches side by side. */
export function join(a: Rows, b: Rows, { own, rows: most }: Place): { out: Rows; stage: Stage } {
  const width = a.width + b.width
  const out: Rows = { values: own.floats(most * width), gradient: own.floats(most * width), width }
  const copy = ({ floats, floatBytes, rows }: Run, of: 'values' | 'gradient', isForward: boolean) => {
    let column = 0
    for (const branch of [a, b]) {
      for (let row = 0; row < rows; row++) {
        const [own, joint] = [
          branch[of] / floatBytes + row * branch.width,
          out[of] / floatBytes + row * width + column,
        ]
        if (isForward) floats.copyWithin(joint, own, own + branch.width)
        else floats.copyWithin(own, joint, joint + branch.width)
      }
      column += branch.width
    }
  }
  return {
    out,
    stage: {
      forward: (run) => copy(run, 'values', true),
      backward: (run) => copy(run, 'gradient', false),
    },
  }
}
