import { basename } from 'node:path'
import { type Abstention, NEVER_SURE, OUTSPOKEN } from '../models/index.ts'
import {
  dialectInWords,
  type Evidence,
  knowsLess,
  type Report,
  type Trace,
  type Verdict,
} from '../samples/index.ts'
import type { LoadedModel } from './models.ts'
import { waysToModel } from './public-models.ts'
import { whatWasFound } from './what-was-found.ts'

/** What is known of an input beside its report. */
export interface Input {
  readonly path: string
  readonly size: number | null
}

/** Features and places shown of the evidence. */
export interface EvidenceSize {
  readonly features: number
  readonly places: number
}

type Opinion = Pick<Verdict, 'verdict' | 'probability' | 'evidence' | 'reasons'>
type Naming = Pick<Verdict, 'family' | 'category' | 'families' | 'reasons' | 'evidence'>

const UNNAMED: Naming = { family: null, category: null, families: [], reasons: [], evidence: [] }

/**
 * The verdict on one report: the detector of its view, then, if that says malicious, the models that name it. Where no
 * model detects, those that name say what it would be if it were malicious.
 */
export function judge(
  report: Report,
  input: Input,
  models: readonly LoadedModel[],
  size: EvidenceSize,
): Verdict {
  const { trace, sample } = report
  const ofView = models.filter(({ trained }) => trained.card.view === trace.view)
  const detector = detectorFor(trace, ofView)
  const opinion = detector ? detect(report, detector, size) : unknown(...withoutDetector(report, ofView))
  const named = opinion.verdict === 'malicious' || !detector ? naming(report, ofView, size) : UNNAMED
  const certain = opinion.verdict === 'unknown' ? 'abstained' : 'complete'
  const partial = detector ? readInPart(report, detector) : report.state === 'partial'
  return {
    sample: {
      path: input.path,
      name: sample.name ?? report.id ?? basename(input.path),
      sha256: sample.sha256,
      size: sample.size,
      kind: report.format,
    },
    view: trace.view,
    verdict: opinion.verdict,
    family: named.family,
    category: named.category,
    probability: opinion.probability,
    families: named.families,
    state: partial ? 'partial' : certain,
    reasons: [...opinion.reasons, ...named.reasons, ...report.reasons],
    evidence: [...opinion.evidence, ...named.evidence],
    trace: { tokens: trace.kind === 'sequence' ? trace.length : 0, processes: report.processes.length },
    executable: report.executable,
    model: detector ? { name: detector.trained.card.name, sha256: detector.sha256 } : null,
  }
}

/** Of several detectors (one a processor and system, say) the first that was trained on such traces; else the first, which refuses. */
function detectorFor({ dialect }: Trace, models: readonly LoadedModel[]): LoadedModel | undefined {
  const detectors = models.filter(isDetector)
  return detectors.find(({ trained }) => trained.card.dialects.includes(dialect)) ?? detectors[0]
}

/** Why there is no verdict, what was found all the same, and how a model can be had. */
function withoutDetector(report: Report, ofView: readonly LoadedModel[]): string[] {
  const { view } = report.trace
  const none =
    ofView.length === 0
      ? `no model for this view (${view})`
      : `no model tells malicious from benign in this view (${view}); it is named as if it were malicious`
  return view === 'opcodes' ? [none, `found: ${whatWasFound(report)}`, ...waysToModel(report)] : [none]
}

function isDetector({ trained }: LoadedModel): boolean {
  return trained.classes.includes('malicious')
}

function unknown(...reasons: string[]): Opinion {
  return { verdict: 'unknown', probability: null, evidence: [], reasons }
}

/** Malicious, benign or unknown. What was only partly read is never called benign: a limit must not read as clean. */
function detect(report: Report, detector: LoadedModel, size: EvidenceSize): Opinion {
  const { trace } = report
  const { trained } = detector
  if (trace.tally.tokens.length === 0) return unknown()
  const blind = incapacity(trace, detector)
  if (blind !== null) return unknown(blind)
  const malicious = trained.classes.indexOf('malicious')
  const probability = trained.score([trace]).probabilities[malicious]
  const refused = refusals(trace, detector)
  if (refused.length > 0) return { ...unknown(...refused), probability }
  const evidence = trained.explain(trace, malicious, size).map((each) => withPids(each, report))
  const { benignBelow, maliciousAbove } = abstention(detector)
  if (probability > maliciousAbove) return { verdict: 'malicious', probability, evidence, reasons: [] }
  if (probability >= benignBelow) {
    const between = `${percent(benignBelow)} and ${percent(maliciousAbove)}`
    return { ...unknown(`not sure: the probability lies between ${between}`), probability, evidence }
  }
  if (readInPart(report, detector)) {
    return { ...unknown('nothing malicious in what was read, but not all was read'), probability, evidence }
  }
  return { verdict: 'benign', probability, evidence, reasons: [] }
}

/** Whether a model sees less than there was: of calls past the cap only their order is lost, which not all models read. */
function readInPart({ state, trace }: Report, { trained }: LoadedModel): boolean {
  const cut = trace.sequence !== null && trace.sequence.length < trace.length
  return state === 'partial' || (cut && trained.encoder.kind === 'sequence')
}

/** Process ids beside the positions of processes: they are what the sandbox's own pages show. */
function withPids(evidence: Evidence, { processes }: Report): Evidence {
  const places = evidence.places.map((place) =>
    'call' in place && place.process !== null
      ? { ...place, pid: processes[place.process]?.pid ?? null }
      : place,
  )
  return { ...evidence, places }
}

/** Why a model cannot even score a trace, or null. */
function incapacity(trace: Trace, { trained }: LoadedModel): string | null {
  const { kind } = trained.encoder
  return knowsLess(trace.kind, kind) ? `the model reads a ${kind}, and only ${trace.kind} are known` : null
}

/** Why a model may not judge a trace although it could; none when it may. */
function refusals(trace: Trace, loaded: LoadedModel): string[] {
  const { card, encoder } = loaded.trained
  const { minTokens, minKnown } = abstention(loaded)
  const reasons: string[] = []
  if (!card.dialects.includes(trace.dialect)) {
    const own = card.dialects.map((each) => dialectInWords(each).replace(/^dialect /, '')).join(', ')
    reasons.push(`${dialectInWords(trace.dialect)} is unlike the training data of the model (${own})`)
  }
  const distinct = trace.tally.tokens.length
  if (distinct < minTokens) {
    reasons.push(
      `too little to judge by: ${distinct} distinct ${trace.view}, at least ${minTokens} are needed`,
    )
    return reasons
  }
  const known = encoder.known(trace).distinct
  if (known < minKnown) {
    reasons.push(
      `the model knows only ${percent(known)} of the distinct ${trace.view}, at least ${percent(minKnown)} are needed`,
    )
  }
  return reasons
}

function abstention({ trained }: LoadedModel): Abstention {
  return trained.card.abstention ?? OUTSPOKEN
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
}

/** What a model that names says of a trace: how it ranks the names, the best if it is sure enough, or why it says none. */
interface Answer {
  readonly what: 'family' | 'category'
  /** Empty where it could not, may not or had better not rank. */
  readonly ranked: Verdict['families']
  readonly name: string | null
  /** Null where it names. */
  readonly why: string | null
  /** What carried the name; none where there is none. */
  readonly evidence: readonly Evidence[]
}

/** Family and category, each by its own model, the last that ranks, each only where that model is sure enough; else why not. */
function naming(report: Report, models: readonly LoadedModel[], size: EvidenceSize): Naming {
  const naming = models.filter((loaded) => !isDetector(loaded))
  const answers = naming.map((loaded) => answerOf(report, loaded, size))
  const about = (what: Answer['what']) => {
    const all = answers.filter((answer) => answer.what === what)
    return all.findLast(({ ranked }) => ranked.length > 0) ?? all[0]
  }
  const [family, category] = [about('family'), about('category')]
  return {
    family: family?.name ?? null,
    category: category?.name ?? null,
    families: family?.ranked ?? [],
    reasons: [family, category].flatMap((answer) =>
      answer?.why ? `no ${answer.what} is named: ${answer.why}` : [],
    ),
    evidence: [family, category].flatMap((answer) => answer?.evidence ?? []),
  }
}

function answerOf(report: Report, loaded: LoadedModel, size: EvidenceSize): Answer {
  const { trace } = report
  const { trained } = loaded
  const what = trained.recipe.target === 'category' ? 'category' : 'family'
  const silent = (why: string): Answer => ({ what, ranked: [], name: null, why, evidence: [] })
  const blind = incapacity(trace, loaded)
  if (blind !== null) return silent(blind)
  const refused = refusals(trace, loaded)
  if (refused.length > 0) return silent(refused.join('; '))
  const { probabilities, decisions } = trained.score([trace])
  // Like none of the classes: probabilities only say which of them is the least unlike.
  if (Math.max(...decisions) < (abstention(loaded).minDecision ?? Number.NEGATIVE_INFINITY)) {
    return silent('the sample is unlike all that the model knows')
  }
  const ranked = trained.classes
    .map((name, i) => ({ name, probability: probabilities[i] }))
    .sort((a, b) => b.probability - a.probability || (a.name < b.name ? -1 : 1))
  const [best] = ranked
  const why = unsure(best.probability, abstention(loaded))
  if (why !== null) return { what, ranked, name: null, why, evidence: [] }
  const told = trained.explain(trace, trained.classes.indexOf(best.name), size)
  const evidence = told.map((each) => ({ ...withPids(each, report), for: best.name }))
  return { what, ranked, name: best.name, why, evidence }
}

/** Why a name of this probability is not said; null where it is. */
function unsure(probability: number, { minProbability, maliciousAbove }: Abstention): string | null {
  if (minProbability === NEVER_SURE)
    return 'on no rows were the names of the model as right as its recipe wants'
  const isSure = minProbability === undefined ? probability > maliciousAbove : probability >= minProbability
  if (isSure) return null
  const [wanted, least] =
    minProbability === undefined ? ['more than', maliciousAbove] : ['at least', minProbability]
  // Rounded apart: 60.6 % must not read as if it were the 60.8 % that are needed.
  const [reached, needed] = [Math.floor(probability * 100 + 1e-9), Math.ceil(least * 100 - 1e-9)]
  return `${reached} % for the most probable one, ${wanted} ${needed} % are needed`
}
