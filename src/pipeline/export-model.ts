import { resolve } from 'node:path'
import { sha256, UsageError, writeWhole } from '../core/index.ts'
import { exportOnnx, type OnnxModel } from '../models/index.ts'
import { readModel } from './models.ts'

/** What was written of a model, and what whoever runs it has to know. */
export interface ExportedModel extends Pick<OnnxModel, 'inputs' | 'outputs'> {
  readonly file: string
  readonly sha256: string
}

/** The ONNX form of a model file. @throws what readModel and exportOnnx throw */
export async function modelAsOnnx(path: string): Promise<OnnxModel> {
  const { trained, sha256 } = await readModel(path)
  return exportOnnx(trained, sha256)
}

/** Writes the ONNX form of a model file to another. It appears whole or not at all. @throws UsageError, UnwritableError, and what modelAsOnnx throws */
export async function exportModel(
  path: string,
  output: string,
  signal?: AbortSignal,
): Promise<ExportedModel> {
  if (resolve(path) === resolve(output)) throw new UsageError(`${output}: is the model itself`)
  const { parts, inputs, outputs } = await modelAsOnnx(path)
  await writeWhole(output, parts, signal)
  return { file: output, sha256: sha256(Buffer.concat(parts)), inputs, outputs }
}
