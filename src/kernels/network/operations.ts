/**
 * The operations that networks are made of, forward and backward. Every argument is a number: a size, a value, or an
 * address in the engine's memory (in bytes, 0 for none). Matrices lie row by row; `…Row` is the distance from one row to
 * the next, in numbers. Sequences of one micro-batch lie in one matrix [steps, channels], one behind the other:
 * sequence s in rows starts[s] … starts[s] + lengths[s] - 1, with rows of zeros ("guards") before, between and behind,
 * so that a convolution is one product over all rows. Gradients of weights are added to what is there, gradients of
 * values are written, unless it is said otherwise. Sums run over their terms in the order stated, so that every engine
 * of float32 gives the same bytes. Nothing is checked: callers do that.
 */
export interface Operations {
  /** Columns of one panel of packed weights. */
  panel(): number
  /**
   * Packs weights for `multiplyPacked`: panel by panel of columns, in each term by term, the last filled up with zeros.
   * weights[p·termStride + c·columnStride] becomes term `firstTerm + p` of `allTerms`, column c.
   */
  pack(
    out: number,
    weights: number,
    terms: number,
    columns: number,
    termStride: number,
    columnStride: number,
    firstTerm: number,
    allTerms: number,
  ): void
  /** out[r, c] = bias[c] + Σₚ a[r, p]·packed[p, c], p ascending. @param bias 0 for none */
  multiplyPacked(
    out: number,
    outRow: number,
    a: number,
    aRow: number,
    packed: number,
    bias: number,
    rows: number,
    terms: number,
    columns: number,
  ): void
  /** out[r, c] += Σₚ a[p, r]·b[p, c], p ascending; `out` is [rows, columns]. Reads up to a panel behind b's last row. */
  multiplyTransposed(
    out: number,
    a: number,
    aRow: number,
    b: number,
    bRow: number,
    terms: number,
    rows: number,
    columns: number,
  ): void
  /** out[c] += Σᵣ a[r, c], r ascending. */
  columnSums(out: number, a: number, aRow: number, rows: number, columns: number): void
  /** Zeros n numbers. */
  clear(out: number, n: number): void
  /** Zeros the guard rows among `total` rows. */
  clearGuards(
    out: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
    total: number,
  ): void
  /** out[t, c] = bias[c] + Σₖ kernel[k, token(t + k - ⌊(width-1)/2⌋), c], over what lies within the sequence, k ascending. */
  embed(
    out: number,
    kernel: number,
    bias: number,
    tokens: number,
    tokenStarts: number,
    starts: number,
    lengths: number,
    sequences: number,
    vocabulary: number,
    channels: number,
    width: number,
  ): void
  /** Adds what `embed`'s kernel is to blame for: sequence by sequence, step by step, tap by tap. */
  embedGradient(
    dKernel: number,
    dOut: number,
    tokens: number,
    tokenStarts: number,
    starts: number,
    lengths: number,
    sequences: number,
    vocabulary: number,
    channels: number,
    width: number,
  ): void
  /** x = max(0, x); NaN and -0 become 0. */
  relu(x: number, n: number): void
  /** d = 0 where y, the output of `relu`, is 0. */
  reluGradient(d: number, y: number, n: number): void
  /** x = tanh x. */
  squash(x: number, n: number): void
  /** d = d·(1 - y²), y the output of `squash`. */
  squashGradient(d: number, y: number, n: number): void
  /** The largest of each window of steps, of equal ones the first; `chosen` (bytes) says which. The last window may be shorter. */
  maxPool(
    out: number,
    chosen: number,
    x: number,
    channels: number,
    starts: number,
    lengths: number,
    outStarts: number,
    outLengths: number,
    sequences: number,
    window: number,
  ): void
  maxPoolGradient(
    dIn: number,
    dOut: number,
    chosen: number,
    channels: number,
    starts: number,
    lengths: number,
    outStarts: number,
    outLengths: number,
    sequences: number,
    window: number,
  ): void
  /** The mean over each sequence's own steps; zeros for a sequence without steps. */
  meanPool(
    out: number,
    outRow: number,
    x: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
  ): void
  meanPoolGradient(
    dIn: number,
    dOut: number,
    outRow: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
  ): void
  /** The largest over each sequence's own steps, of equal ones the first; `chosen` (words) says which. */
  maxOverTime(
    out: number,
    outRow: number,
    chosen: number,
    x: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
  ): void
  maxOverTimeGradient(
    dIn: number,
    dOut: number,
    outRow: number,
    chosen: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
  ): void
  /** Σₜ shareₜ·xₜ with share = softmax over a sequence's steps of xₜ·query. */
  attentionPool(
    out: number,
    outRow: number,
    shares: number,
    x: number,
    query: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
  ): void
  attentionPoolGradient(
    dIn: number,
    dQuery: number,
    dOut: number,
    outRow: number,
    shares: number,
    x: number,
    query: number,
    channels: number,
    starts: number,
    lengths: number,
    sequences: number,
  ): void
  /**
   * One direction of a long short-term memory (Hochreiter & Schmidhuber, 1997, with the forget gate of Gers et al.,
   * 2000): gates i, f, g, o = [x | h]·kernel + bias; c = f·c + i·g; h = o·tanh c. Step t takes counts[t] sequences, never
   * more than the step before; row r of all steps stands in row places[r] of `x` and `out`. Keeps for the gradient:
   * [x | h] of each row, the gates, the cells and their tanh.
   */
  lstm(
    out: number,
    outRow: number,
    inputsAndState: number,
    gates: number,
    cells: number,
    squashed: number,
    x: number,
    packed: number,
    bias: number,
    places: number,
    counts: number,
    steps: number,
    inputs: number,
    units: number,
  ): void
  /**
   * The gates become their own gradients. `dBoth` has room for [sequences, inputs + units], `dState` and `dCells` for
   * [sequences, units]. @param onto 1 to add to dIn, 0 to write it @param packedTransposed the kernel's transpose, packed
   */
  lstmGradient(
    dIn: number,
    onto: number,
    dKernel: number,
    dBias: number,
    dOut: number,
    outRow: number,
    inputsAndState: number,
    gates: number,
    cells: number,
    squashed: number,
    dBoth: number,
    dState: number,
    dCells: number,
    packedTransposed: number,
    places: number,
    counts: number,
    steps: number,
    inputs: number,
    units: number,
  ): void
  /** out = bias + x·kernel for sparse rows x in compressed form, entries in order. */
  multiplySparse(
    out: number,
    kernel: number,
    bias: number,
    starts: number,
    indices: number,
    values: number,
    rows: number,
    units: number,
  ): void
  multiplySparseGradient(
    dKernel: number,
    dOut: number,
    starts: number,
    indices: number,
    values: number,
    rows: number,
    units: number,
  ): void
  /**
   * Zeros each number with probability dropBelow / 2³² by a hash of the seed, its row's name and its column, and scales
   * the others (Srivastava et al., "Dropout", 2014). The same call on gradients is its gradient.
   */
  dropout(
    x: number,
    rowNames: number,
    rows: number,
    columns: number,
    seed: number,
    dropBelow: number,
    scale: number,
  ): void
  /**
   * Softmax and cross-entropy. losses[2r] is the target's logit less the largest, losses[2r+1] the sum of all e^(logit -
   * largest); d = (softmax - wanted)·weights[target]·scale, wanted being 1 - smoothing for the target and smoothing /
   * classes for every class.
   */
  softmaxLoss(
    losses: number,
    d: number,
    logits: number,
    targets: number,
    weights: number,
    scale: number,
    smoothing: number,
    rows: number,
    classes: number,
  ): void
  /**
   * One step of Adam (Kingma & Ba, 2015) with decoupled decay (Loshchilov & Hutter, 2019). The gradient is the sum over
   * micro-batches, whose gradients lie `stride` numbers apart, in their order. @param correction1 1 / (1 - β₁ᵗ)
   */
  adam(
    weights: number,
    first: number,
    second: number,
    gradients: number,
    stride: number,
    microBatches: number,
    n: number,
    rate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    correction1: number,
    correction2: number,
  ): void
}
