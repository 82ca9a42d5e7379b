import type { Evaluation } from '../evaluation/index.ts'
import { documentText } from './document.ts'
import { evaluationDocument } from './evaluation-document.ts'

/** An evaluation for people at a terminal. @param isWhole whether every class is shown in full, however many there are */
export function evaluationTable(evaluation: Evaluation, colour: boolean, isWhole = false): string {
  return documentText(evaluationDocument(evaluation, isWhole), colour)
}
