import type { ExportedModel } from '../pipeline/index.ts'
import { printable } from './printable.ts'
import { styled } from './table.ts'

/** What was written of a model, for people: the file, and the inputs and outputs of its graph. */
export function exportedText({ file, sha256, inputs, outputs }: ExportedModel, colour: boolean): string {
  const ports = (title: string, list: ExportedModel['inputs']) =>
    list.map(({ name, type, shape }) => [title, `${name} ${type} [${shape.join(', ')}]`] as const)
  const lines = [
    ['file', printable(file)] as const,
    ['sha256', sha256] as const,
    ...ports('input', inputs),
    ...ports('output', outputs),
  ]
  return lines.map(([title, text]) => `${styled(title.padEnd(6), 'bold', colour)}  ${text}\n`).join('')
}
