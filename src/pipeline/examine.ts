import { availableParallelism, totalmem } from 'node:os'
import { basename } from 'node:path'
import { findIda } from '../disassembly/index.ts'
import { wasm } from '../kernels/json-scan/json-scan.wasm.ts'
import { examineLabels } from './examine-labels.ts'
import { examineNetwork } from './examine-network.ts'
import { examineSandbox } from './examine-sandbox.ts'
import { examineSuricata } from './examine-suricata.ts'
import { readModel, shippedModels } from './models.ts'

/** What was found of one part of the program. */
export interface Finding {
  readonly part: string
  readonly works: boolean
  /** It works, but not as taxon would have it. */
  readonly isDoubtful?: boolean
  readonly detail: string
  /** How to get it where it does not work, or how to have it better; null where there is nothing to do. */
  readonly remedy: string | null
}

const REINSTALL = 'reinstall taxon: npm install taxon'

/** Tries each part that taxon needs on this machine. */
export async function examine(): Promise<Finding[]> {
  return [
    nodeVersion(),
    machine(),
    wasmKernels(),
    await examineNetwork(),
    await parquet(),
    await ida(),
    ...(await examineLabels()),
    ...(await examineSandbox()),
    ...(await examineSuricata()),
    ...(await models()),
  ]
}

function nodeVersion(): Finding {
  const works = Number(process.versions.node.split('.')[0]) >= 20
  const remedy = works ? null : 'Node.js 20 or newer is needed: https://nodejs.org'
  return { part: 'Node.js', works, detail: `${process.version} ${process.platform} ${process.arch}`, remedy }
}

function machine(): Finding {
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`
  return { part: 'machine', works: true, detail: `${availableParallelism()} cores, ${memory}`, remedy: null }
}

function wasmKernels(): Finding {
  const works = WebAssembly.validate(Buffer.from(wasm, 'base64'))
  const detail = works ? 'WebAssembly SIMD in use' : 'no WebAssembly SIMD'
  const remedy = works ? null : 'use a current Node.js on x86-64 or arm64'
  return { part: 'kernels', works, detail, remedy }
}

async function parquet(): Promise<Finding> {
  const part = 'Parquet (DuckDB)'
  try {
    const { version } = await import('@duckdb/node-api')
    return { part, works: true, detail: `DuckDB ${version()}`, remedy: null }
  } catch (error) {
    return { part, works: false, detail: (error as Error).message, remedy: REINSTALL }
  }
}

/** Nobody is made to own IDA Pro: that it is not there is a fault only where it was said to be. */
async function ida(): Promise<Finding> {
  const part = 'IDA Pro'
  try {
    const { path, isOld } = await findIda()
    const detail = `${path}, ${isOld ? 'before version 7' : 'version 7 or newer'}; use it with --disassembler ida`
    return { part, works: true, detail, remedy: null }
  } catch (error) {
    if (process.env.TAXON_IDA) {
      const remedy = 'set TAXON_IDA to its idat64, idat or idal program, or to the folder it is in'
      return { part, works: false, detail: (error as Error).message, remedy }
    }
    return {
      part,
      works: true,
      detail: 'none here and none needed; to use one, set TAXON_IDA to its program',
      remedy: null,
    }
  }
}

async function models(): Promise<Finding[]> {
  const paths = await shippedModels()
  if (paths.length === 0) {
    return [{ part: 'models', works: false, detail: 'no shipped model was found', remedy: REINSTALL }]
  }
  return await Promise.all(
    paths.map(async (path) => {
      const part = `model ${basename(path, '.safetensors')}`
      try {
        const { sha256 } = await readModel(path)
        return { part, works: true, detail: `whole, SHA-256 ${sha256}`, remedy: null }
      } catch (error) {
        return { part, works: false, detail: (error as Error).message, remedy: REINSTALL }
      }
    }),
  )
}
