import { KnownError, sha256, UsageError } from '../core/index.ts'
import { type EncoderTable, type FeatureSettings, MAX_PAIRED_TOKENS, makeEncoder } from '../features/index.ts'
import { KINDS, type Kind, VIEWS, type View } from '../samples/index.ts'
import type { Calibration } from './calibration.ts'
import { isCard, orderedCard } from './card.ts'
import type { Tensor } from './classifier.ts'
import { findClassifier } from './classifiers.ts'
import type { Recipe } from './recipe.ts'
import { recipeFrom, recipeSettings } from './recipe-reading.ts'
import { readTensors, type TensorFile, writeTensors } from './safetensors.ts'
import { makeTrained, type Trained } from './trained.ts'

/** A model file that is damaged, of another version, or no model file at all. */
export class ModelFileError extends KnownError {
  readonly code = 'bad-model'

  readonly problem: string

  /** @param path where the file lies, where that is known */
  constructor(problem: string, options?: ErrorOptions, path = 'model file') {
    super(`${path}: ${problem}`, options)
    this.problem = problem
  }
}

const FORMAT = 'taxon-model-1'

/** Every file begins so, after the length of its header; then come the 64 digits of its digest. */
const BEGINNING = '{"__metadata__":{"sha256":"'
const DIGEST_AT = 8 + BEGINNING.length
const NO_DIGEST = '0'.repeat(64)

/**
 * The model as one safetensors file: the learned numbers are tensors, all else is JSON text in its metadata, and a
 * SHA-256 stands over the whole file with the digest's own digits as zeros. Equal models give equal bytes.
 * @throws ModelFileError for a card or numbers that could not be read again
 */
export function saveModel(trained: Trained): Uint8Array {
  const { recipe, encoder, model, calibration, card } = trained
  if (!isCard(card)) throw new ModelFileError('its card is not a card')
  const { table } = encoder
  const metadata = {
    sha256: NO_DIGEST,
    format: FORMAT,
    card: JSON.stringify(orderedCard(card)),
    recipe: JSON.stringify(recipeSettings(recipe)),
    encoder: JSON.stringify({ view: table.view, kind: table.kind, firstPair: table.firstPair }),
    tokens: JSON.stringify(table.tokens),
  }
  const tensors: Record<string, Tensor> = {
    ...calibrationTensors(calibration),
    'columns.starts': vector(table.columns.starts),
    'columns.tokens': vector(table.columns.tokens),
  }
  if (table.scale) tensors['columns.scale'] = vector(table.scale)
  if (table.sequence) tensors['sequence.tokens'] = vector(table.sequence)
  for (const [name, tensor] of Object.entries(model.tensors)) tensors[`model.${name}`] = tensor
  checkFinite(tensors)
  const file = writeTensors({ metadata, tensors })
  file.set(new TextEncoder().encode(sha256(file)), DIGEST_AT)
  return file
}

/** The digest that a model file states; `loadModel` has checked it. */
export function modelDigest(file: Uint8Array): string {
  return new TextDecoder('latin1').decode(file.subarray(DIGEST_AT, DIGEST_AT + 64))
}

/** A model from its file; it is the model that was saved, or an error. @throws ModelFileError for any other bytes */
export function loadModel(file: Uint8Array): Trained {
  checkDigest(file)
  const read = readTensors(file)
  if (typeof read === 'string') throw new ModelFileError(read)
  const trained = trainedFrom(read)
  // Nothing may hide beside what was read: spaces, other spellings of a number, fields that nobody knows.
  const again = saveModel(trained)
  if (again.length !== file.length || again.some((byte, i) => byte !== file[i])) {
    throw new ModelFileError('not written as taxon writes it')
  }
  return trained
}

function checkDigest(file: Uint8Array): void {
  const beginning = new TextDecoder('latin1').decode(file.subarray(8, DIGEST_AT))
  if (beginning !== BEGINNING || file.length < DIGEST_AT + NO_DIGEST.length) {
    throw new ModelFileError('not a model that taxon wrote')
  }
  const stated = modelDigest(file)
  const blank = new Uint8Array(file) // not `slice`: a Buffer's shares its memory
  blank.set(new TextEncoder().encode(NO_DIGEST), DIGEST_AT)
  if (sha256(blank) !== stated)
    throw new ModelFileError('its contents do not match its digest, it was changed or cut')
}

function trainedFrom({ metadata, tensors }: TensorFile): Trained {
  if (metadata.format !== FORMAT)
    throw new ModelFileError(`of another version, ${String(metadata.format).slice(0, 40)}`)
  checkFinite(tensors)
  const recipe = recipeOf(parse(metadata, 'recipe'))
  const card = parse(metadata, 'card')
  if (!isCard(card)) throw new ModelFileError('its card is not a card')
  const { classes } = card
  if (
    classes.length === 0 ||
    new Set(classes).size < classes.length ||
    classes.length !== card.rowsPerClass.length
  ) {
    throw new ModelFileError('its classes are not distinct names')
  }
  const table = encoderTableOf(recipe.features, metadata, tensors)
  if (table.view !== card.view) throw new ModelFileError('its card is of another view')
  const columns = table.columns.starts.length - 1
  const vocabulary = table.sequence ? table.sequence.length + 1 : 0
  const learned: Record<string, Tensor> = {}
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith('model.')) learned[name.slice('model.'.length)] = tensor
  }
  const { type, own } = recipe.model
  const model = findClassifier(type)?.load(learned, columns, classes.length, vocabulary, own)
  if (!model) throw new ModelFileError('its tensors do not fit its model')
  const calibration = calibrationOf(tensors, classes.length)
  return makeTrained(recipe, classes, makeEncoder(recipe.features, table), model, calibration, card)
}

function checkFinite(tensors: TensorFile['tensors']): void {
  for (const [name, { data }] of Object.entries(tensors)) {
    if (!data.every((value) => Number.isFinite(value))) {
      throw new ModelFileError(`tensor ${name} has a number that is not finite`)
    }
  }
}

function parse(metadata: Readonly<Record<string, string>>, key: string): unknown {
  try {
    return JSON.parse(metadata[key] ?? '')
  } catch (error) {
    throw new ModelFileError(`its ${key} is not JSON`, { cause: error })
  }
}

function recipeOf(value: unknown): Recipe {
  try {
    return recipeFrom(value, 'model')
  } catch (error) {
    if (error instanceof UsageError) throw new ModelFileError(error.message, { cause: error })
    throw error
  }
}

const TEMPERATURE = 'calibration.temperature'

function calibrationTensors(calibration: Calibration): Record<string, Tensor> {
  if ('temperature' in calibration) return { [TEMPERATURE]: vector(Float64Array.of(calibration.temperature)) }
  const { offsets, slopes } = calibration
  return { 'calibration.offsets': vector(offsets), 'calibration.slopes': vector(slopes) }
}

function calibrationOf(tensors: TensorFile['tensors'], classes: number): Calibration {
  if (TEMPERATURE in tensors) {
    if ('calibration.slopes' in tensors || 'calibration.offsets' in tensors) {
      throw new ModelFileError('it is calibrated in two ways')
    }
    const [temperature] = floats(tensors, TEMPERATURE, 1)
    if (!(temperature > 0)) throw new ModelFileError('its temperature is not positive')
    return { temperature }
  }
  return {
    slopes: floats(tensors, 'calibration.slopes', classes),
    offsets: floats(tensors, 'calibration.offsets', classes),
  }
}

function encoderTableOf(
  settings: FeatureSettings,
  metadata: Readonly<Record<string, string>>,
  tensors: TensorFile['tensors'],
): EncoderTable {
  const { view, kind, firstPair } = (parse(metadata, 'encoder') ?? {}) as Record<string, unknown>
  if (!VIEWS.includes(view as View)) throw new ModelFileError('its view is neither opcodes nor calls')
  if (!KINDS.includes(kind as Kind)) throw new ModelFileError('its kind of trace is unknown')
  const tokens = parse(metadata, 'tokens')
  if (!isAscending(tokens)) throw new ModelFileError('its tokens are not distinct names in order')
  const list = { tokens: words(tensors, 'columns.tokens'), starts: words(tensors, 'columns.starts') }
  const columns = list.starts.length - 1
  if (columns < 0 || list.starts[0] !== 0 || list.starts[columns] !== list.tokens.length) {
    throw new ModelFileError('its columns do not cover their tokens')
  }
  if (!Number.isSafeInteger(firstPair) || (firstPair as number) < 0 || (firstPair as number) > columns) {
    throw new ModelFileError('its pairs begin outside its columns')
  }
  if (list.tokens.some((token) => token >= tokens.length))
    throw new ModelFileError('a column has an unknown token')
  const table: Omit<EncoderTable, 'scale' | 'sequence'> = {
    view: view as View,
    kind: kind as Kind,
    tokens,
    columns: list,
    firstPair: firstPair as number,
  }
  checkColumns(table, settings)
  const scale = 'columns.scale' in tensors ? floats(tensors, 'columns.scale', columns) : null
  if (scale?.some((value) => !(value > 0)))
    throw new ModelFileError('a column has a scale that is not positive')
  return { ...table, scale, sequence: vocabularyOf(settings, table, tensors) }
}

/** The tokens of a sequence's ids: there where the recipe gives models sequences, ascending, and no more than it allows. */
function vocabularyOf(
  { steps, vocabulary }: FeatureSettings,
  { kind, tokens }: Pick<EncoderTable, 'kind' | 'tokens'>,
  tensors: TensorFile['tensors'],
): Uint32Array | null {
  const hasSequences = steps > 0 && kind === 'sequence'
  if ('sequence.tokens' in tensors !== hasSequences) {
    throw new ModelFileError(`its recipe asks for ${hasSequences ? '' : 'no '}sequences`)
  }
  if (!hasSequences) return null
  const known = words(tensors, 'sequence.tokens')
  if (known.some((token, i) => token >= tokens.length || (i > 0 && token <= known[i - 1]))) {
    throw new ModelFileError('the tokens of its sequences are not in order')
  }
  if (vocabulary > 0 && known.length >= vocabulary)
    throw new ModelFileError('its sequences have more tokens than its recipe allows')
  return known
}

/** Every column is an n-gram of allowed length, or a pair of tokens that have columns; both ascend, so none is there twice. */
function checkColumns(
  { columns: { tokens, starts }, firstPair, kind }: Omit<EncoderTable, 'scale' | 'sequence'>,
  settings: FeatureSettings,
): void {
  const longest = kind === 'sequence' ? settings.ngrams[1] : 1
  const single = new Set<number>()
  const paired = new Set<number>()
  let previous = new Uint32Array(0)
  for (let column = 0; column + 1 < starts.length; column++) {
    const length = starts[column + 1] - starts[column]
    const isPair = column >= firstPair
    if (isPair ? length !== 2 || kind !== 'set' : !(length >= 1 && length <= longest)) {
      throw new ModelFileError('a column has the wrong number of tokens')
    }
    const gram = tokens.slice(starts[column], starts[column + 1])
    if (isPair && !(gram[0] < gram[1] && single.has(gram[0]) && single.has(gram[1]))) {
      throw new ModelFileError('a pair is not of two columns')
    }
    if (isPair) for (const token of gram) paired.add(token)
    // What finds the pairs of a row grows with the square of their tokens.
    if (paired.size > MAX_PAIRED_TOKENS) throw new ModelFileError('its pairs have too many tokens')
    if (column !== firstPair && !precedes(previous, gram))
      throw new ModelFileError('its columns are out of order')
    if (length === 1) single.add(gram[0])
    previous = gram
  }
}

/** Whether n-gram a comes before n-gram b: the shorter first, then token by token. */
function precedes(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return a.length < b.length
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i]
  return false
}

function isAscending(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.every((name, i) => typeof name === 'string' && (i === 0 || value[i - 1] < name))
  )
}

function vector(data: Float64Array | Uint32Array): Tensor {
  return { shape: [data.length], data }
}

function floats(tensors: TensorFile['tensors'], name: string, length: number): Float64Array {
  const data = tensors[name]?.data
  if (!(data instanceof Float64Array) || data.length !== length || tensors[name].shape.length !== 1) {
    throw new ModelFileError(`tensor ${name} is not ${length} float64`)
  }
  return data
}

function words(tensors: TensorFile['tensors'], name: string): Uint32Array {
  const data = tensors[name]?.data
  if (!(data instanceof Uint32Array) || tensors[name].shape.length !== 1)
    throw new ModelFileError(`tensor ${name} is not a list of uint32`)
  return data
}
