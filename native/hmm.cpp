// Forward and backward passes of hidden Markov models, the hot loops of src/kernels/hmm. The order of every sum is that of
// reference.ts, so that both give the same bytes. States are padded to a multiple of 4 by such as never occur, whose
// zeros change no sum.

using u32 = unsigned int;
using Pair = double __attribute__((vector_size(16)));

namespace {

constexpr double SMALL = 0x1p-256;
constexpr double RAISE = 0x1p256;

inline Pair load(const double* from) { return *reinterpret_cast<const Pair*>(from); }
inline void store(double* to, Pair value) { *reinterpret_cast<Pair*>(to) = value; }
inline Pair both(double value) { return Pair{value, value}; }

// out[j] = Σ by[i] · rows[i, j], the terms in the order of i.
inline void combine(u32 states, double* out, const double* by, const double* rows) {
  for (u32 j = 0; j < states; j += 4) {
    Pair low = both(0), high = both(0);
    const double* row = rows + j;
    for (u32 i = 0; i < states; i++, row += states) {
      const Pair factor = both(by[i]);
      low += factor * load(row);
      high += factor * load(row + 2);
    }
    store(out + j, low);
    store(out + j + 2, high);
  }
}

struct Model {
  u32 states;
  const double* start;
  const double* transitions;
  const double* transposed;
  const double* emissions;
} model;

// `alpha` [times, states], or two rows of it that take turns where nobody needs what was before.
void forward(
    const u32* tokens, u32 length, double* alpha, u32 turns, double* scales, double* mantissa, u32* shifts) {
  const u32 states = model.states;
  double product = 1;
  u32 raised = 0;
  for (u32 t = 0; t < length; t++) {
    double* now = alpha + (t % turns) * states;
    const double* emitted = model.emissions + tokens[t] * states;
    if (t == 0) __builtin_memcpy(now, model.start, states * sizeof(double));
    else combine(states, now, alpha + ((t - 1) % turns) * states, model.transitions);
    for (u32 j = 0; j < states; j += 2) store(now + j, load(now + j) * load(emitted + j));
    double sum = 0;
    for (u32 j = 0; j < states; j++) sum += now[j];
    const double scale = 1 / sum;
    for (u32 j = 0; j < states; j += 2) store(now + j, load(now + j) * both(scale));
    if (scales) scales[t] = scale;
    product *= sum;
    if (product < SMALL) {
      product *= RAISE;
      raised++;
    }
  }
  *mantissa = product;
  *shifts = raised;
}

}  // namespace

extern "C" {

__attribute__((export_name("prepare"))) void prepare(
    u32 states, const double* start, const double* transitions, const double* transposed, const double* emissions) {
  model = {states, start, transitions, transposed, emissions};
}

// Products of probabilities of each row, as mantissas and how often they were raised. `alpha` is two rows of states.
__attribute__((export_name("likelihoods"))) void likelihoods(
    u32 rows, const u32* starts, const u32* tokens, double* alpha, double* mantissas, u32* shifts) {
  for (u32 row = 0; row < rows; row++) {
    const u32 length = starts[row + 1] - starts[row];
    forward(tokens + starts[row], length, alpha, 2, nullptr, mantissas + row, shifts + row);
  }
}

// Adds what is expected of the rows to `first`, `steps` and `emitted`, which the caller has set to 0. `alpha` is as long as
// the longest row, and so is `scales`; `beta` and `ahead` are a row of states each.
__attribute__((export_name("expectations"))) void expectations(
    u32 rows, const u32* starts, const u32* tokens, double* alpha, double* scales, double* beta, double* ahead,
    double* first, double* steps, double* emitted, double* mantissas, u32* shifts) {
  const u32 states = model.states;
  for (u32 row = 0; row < rows; row++) {
    const u32* own = tokens + starts[row];
    const u32 length = starts[row + 1] - starts[row];
    forward(own, length, alpha, 0xffffffffu, scales, mantissas + row, shifts + row);
    for (u32 i = 0; i < states; i++) beta[i] = 1;
    for (u32 t = length; t-- > 0;) {
      const double* now = alpha + t * states;
      if (t + 1 < length) {
        const double* next = model.emissions + own[t + 1] * states;
        const Pair scale = both(scales[t + 1]);
        for (u32 j = 0; j < states; j += 2) store(ahead + j, load(next + j) * load(beta + j) * scale);
        for (u32 i = 0; i < states; i++) {
          const Pair share = both(now[i]);
          double* sums = steps + i * states;
          for (u32 j = 0; j < states; j += 4) {
            store(sums + j, load(sums + j) + share * load(ahead + j));
            store(sums + j + 2, load(sums + j + 2) + share * load(ahead + j + 2));
          }
        }
        combine(states, beta, ahead, model.transposed);
      }
      double* sums = emitted + own[t] * states;
      for (u32 i = 0; i < states; i += 2) {
        const Pair inState = load(now + i) * load(beta + i);
        store(sums + i, load(sums + i) + inState);
        if (t == 0) store(first + i, load(first + i) + inState);
      }
    }
  }
}

}  // extern "C"
