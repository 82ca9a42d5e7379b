// The operations of the networks in src/models/network, forward and backward; src/kernels/network/operations.ts says what
// each of them is. One source, many builds: WebAssembly, and for a Node-API addon one build for each width of vectors.
// Every number of a result is a sum in one stated order, whatever the width: vectors run along what is independent, no
// sum is ever split into lanes, and without TAXON_FAST no multiplication is fused with an addition. So all give the same
// bytes, those of WebAssembly.

#ifndef TAXON_LANES
#define TAXON_LANES 4
#endif

#ifdef __wasm__
#define OPERATION(name) extern "C" __attribute__((export_name(#name)))
#else
#include "addon.h"
#define OPERATION(name) static
namespace TAXON_BUILD {
#endif

using u8 = unsigned char;
using u32 = unsigned int;
using size = __SIZE_TYPE__;

typedef float Vector __attribute__((vector_size(TAXON_LANES * 4), aligned(4), may_alias));
typedef int Words __attribute__((vector_size(TAXON_LANES * 4), aligned(4), may_alias));

// Where rows are of few channels, four of them at a time.
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
typedef int FourWords __attribute__((vector_size(16)));
typedef u8 FourBytes __attribute__((vector_size(4), aligned(1), may_alias));

constexpr u32 LANES = TAXON_LANES;
// Tiles of ROWS × (WIDE vectors): as many sums at once as there are registers for.
constexpr u32 ROWS = LANES == 16 ? 8 : 4;
constexpr u32 WIDE = LANES == 8 ? 3 : 2;
// Columns of a panel of packed weights.
constexpr u32 PANEL = LANES * WIDE;
// Terms of a product that are taken at once, so that what they read stays in the first cache.
constexpr u32 DEPTH = 256;

inline Vector load(const float* at) { return *reinterpret_cast<const Vector*>(at); }
inline void store(float* at, Vector value) { *reinterpret_cast<Vector*>(at) = value; }
inline Four four(const float* at) { return *reinterpret_cast<const Four*>(at); }
inline Vector all(float value) { return value - Vector{}; }

// --- exponential, logistic function, hyperbolic tangent -----------------------------------------------------------------

// Cody & Waite, "Software Manual for the Elementary Functions", 1980: x = n·ln 2 + r, then a polynomial in r. Rounding to n
// is by adding 1.5·2²³, which also leaves n in the low bits.
inline Vector exponential(Vector x) {
  const Vector low = all(-87.0f), high = all(88.0f), magic = all(12582912.0f);
  x = x < low ? low : x;
  x = x > high ? high : x;
  const Vector shifted = x * 1.44269504f + magic;
  const Vector n = shifted - magic;
  const Vector r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r) * r + r + 1.0f;
  const Words scale = (__builtin_bit_cast(Words, shifted) << 23) + (127 << 23);
  return p * __builtin_bit_cast(Vector, scale);
}

inline Vector logistic(Vector x) { return 1.0f / (1.0f + exponential(-x)); }

inline Vector hyperbolicTangent(Vector x) {
  const Vector e = exponential((x < 0.0f ? x : -x) * 2.0f);
  const Vector t = (1.0f - e) / (1.0f + e);
  return x < 0.0f ? -t : t;
}

// Applies `of` to n numbers of some arrays at a time, in place or not. The last vector reads behind the n numbers, which is
// still memory of the network's, and writes no more than they are.
template <u32 OUTPUTS, u32 INPUTS, typename Of>
inline void each(u32 n, float* const (&out)[OUTPUTS], const float* const (&in)[INPUTS], Of of) {
  for (u32 i = 0; i < n; i += LANES) {
    Vector values[INPUTS], results[OUTPUTS];
    for (u32 k = 0; k < INPUTS; k++) values[k] = load(in[k] + i);
    of(values, results);
    for (u32 k = 0; k < OUTPUTS; k++) {
      if (i + LANES <= n) store(out[k] + i, results[k]);
      else for (u32 l = 0; i + l < n; l++) out[k][i + l] = results[k][l];
    }
  }
}

// The same of one array, in place.
template <typename Of>
inline void eachOf(u32 n, float* x, Of of) {
  each<1, 1>(n, {x}, {x}, [of](const Vector* v, Vector* out) { out[0] = of(v[0]); });
}

// --- products of matrices -----------------------------------------------------------------------------------------------

// How the operands of a product lie: a[row·aRow + p·aTerm]; b[panel·bPanel + p·bTerm + column within the panel].
struct Product {
  float* out;
  size outRow;
  const float* a;
  size aRow, aTerm;
  const float* b;
  size bPanel, bTerm;
  const float* bias;
  bool onto;
  u32 terms, columns;
};

// ROW_COUNT rows of some panels that lie beside each other; each sum runs over the terms in order.
template <u32 ROW_COUNT, u32 PANELS>
inline void tile(const Product& g, u32 row, u32 panel) {
  Vector sums[ROW_COUNT][PANELS * WIDE];
  const u32 column = panel * PANEL;
  const bool whole = column + PANELS * PANEL <= g.columns;
  float edge[PANELS * PANEL];
  const auto fetch = [&](const float* from, Vector* to) {
    if (!whole) {
      for (u32 c = 0; c < PANELS * PANEL; c++) edge[c] = column + c < g.columns ? from[c] : 0;
      from = edge;
    }
    for (u32 v = 0; v < PANELS * WIDE; v++) to[v] = load(from + v * LANES);
  };
  for (u32 i = 0; i < ROW_COUNT; i++) {
    if (g.onto) fetch(g.out + (row + i) * g.outRow + column, sums[i]);
    else if (g.bias) fetch(g.bias + column, sums[i]);
    else for (u32 v = 0; v < PANELS * WIDE; v++) sums[i][v] = Vector{};
  }
  const float* a = g.a + row * g.aRow;
  const float* b = g.b + panel * g.bPanel;
  for (u32 p = 0; p < g.terms; p++, a += g.aTerm, b += g.bTerm) {
    Vector weights[PANELS * WIDE];
    for (u32 n = 0; n < PANELS; n++)
      for (u32 v = 0; v < WIDE; v++) weights[n * WIDE + v] = load(b + n * g.bPanel + v * LANES);
    for (u32 i = 0; i < ROW_COUNT; i++) {
      const Vector value = all(a[i * g.aRow]);
      for (u32 v = 0; v < PANELS * WIDE; v++) sums[i][v] += value * weights[v];
    }
  }
  for (u32 i = 0; i < ROW_COUNT; i++) {
    float* out = g.out + (row + i) * g.outRow + column;
    float* to = whole ? out : edge;
    for (u32 v = 0; v < PANELS * WIDE; v++) store(to + v * LANES, sums[i][v]);
    if (!whole) for (u32 c = 0; column + c < g.columns; c++) out[c] = edge[c];
  }
}

// Few rows leave most registers free for more panels: a single verdict is such a product.
inline void multiplyRows(const Product& g, u32 rows, u32 panels) {
  if (rows == 1) {
    u32 panel = 0;
    for (; panel + 4 <= panels; panel += 4) tile<1, 4>(g, 0, panel);
    for (; panel < panels; panel++) tile<1, 1>(g, 0, panel);
    return;
  }
  for (u32 panel = 0; panel < panels; panel++) {
    u32 row = 0;
    for (; row + ROWS <= rows; row += ROWS) tile<ROWS, 1>(g, row, panel);
    if (ROWS > 4) for (; row + 4 <= rows; row += 4) tile<4, 1>(g, row, panel);
    for (; row + 2 <= rows; row += 2) tile<2, 1>(g, row, panel);
    if (row < rows) tile<1, 1>(g, row, panel);
  }
}

inline void multiply(Product g, u32 rows) {
  const u32 panels = (g.columns + PANEL - 1) / PANEL;
  const u32 terms = g.terms;
  for (u32 from = 0; from == 0 || from < terms; from += DEPTH) {
    g.terms = terms - from < DEPTH ? terms - from : DEPTH;
    multiplyRows(g, rows, panels);
    g.onto = true;
    g.a += DEPTH * g.aTerm;
    g.b += DEPTH * g.bTerm;
  }
}

OPERATION(panel) u32 panel() { return PANEL; }

OPERATION(pack) void pack(float* out, const float* weights, u32 terms, u32 columns, u32 termStride, u32 columnStride, u32 firstTerm, u32 allTerms) {
  for (u32 column = 0; column < columns; column += PANEL) {
    float* to = out + static_cast<size>(column) * allTerms + static_cast<size>(firstTerm) * PANEL;
    for (u32 p = 0; p < terms; p++, to += PANEL)
      for (u32 c = 0; c < PANEL; c++)
        to[c] = column + c < columns ? weights[static_cast<size>(p) * termStride + static_cast<size>(column + c) * columnStride] : 0;
  }
}

OPERATION(multiplyPacked) void multiplyPacked(float* out, u32 outRow, const float* a, u32 aRow, const float* packed, const float* bias, u32 rows, u32 terms, u32 columns) {
  multiply({out, outRow, a, aRow, 1, packed, static_cast<size>(terms) * PANEL, PANEL, bias, false, terms, columns}, rows);
}

OPERATION(multiplyTransposed) void multiplyTransposed(float* out, const float* a, u32 aRow, const float* b, u32 bRow, u32 terms, u32 rows, u32 columns) {
  multiply({out, columns, a, 1, aRow, b, PANEL, bRow, nullptr, true, terms, columns}, rows);
}

OPERATION(columnSums) void columnSums(float* out, const float* a, u32 aRow, u32 rows, u32 columns) {
  for (u32 row = 0; row < rows; row++, a += aRow)
    for (u32 c = 0; c < columns; c++) out[c] += a[c];
}

// --- convolution of one-hot tokens, guards between sequences ------------------------------------------------------------

OPERATION(clear) void clear(float* out, u32 n) {
  for (u32 i = 0; i < n; i++) out[i] = 0;
}

OPERATION(clearGuards) void clearGuards(float* out, u32 channels, const u32* starts, const u32* lengths, u32 sequences, u32 total) {
  u32 from = 0;
  for (u32 s = 0; s <= sequences; s++) {
    const u32 to = s < sequences ? starts[s] : total;
    clear(out + static_cast<size>(from) * channels, (to - from) * channels);
    if (s < sequences) from = starts[s] + lengths[s];
  }
}

OPERATION(embed) void embed(float* out, const float* kernel, const float* bias, const u32* tokens, const u32* tokenStarts, const u32* starts, const u32* lengths, u32 sequences, u32 vocabulary, u32 channels, u32 width) {
  const int left = static_cast<int>(width - 1) / 2;
  for (u32 s = 0; s < sequences; s++) {
    const u32* own = tokens + tokenStarts[s];
    const int length = static_cast<int>(lengths[s]);
    float* to = out + static_cast<size>(starts[s]) * channels;
    for (int t = 0; t < length; t++, to += channels) {
      for (u32 c = 0; c < channels; c++) to[c] = bias[c];
      for (int k = 0; k < static_cast<int>(width); k++) {
        const int at = t + k - left;
        if (at < 0 || at >= length) continue;
        const float* row = kernel + (static_cast<size>(k) * vocabulary + own[at]) * channels;
        for (u32 c = 0; c < channels; c++) to[c] += row[c];
      }
    }
  }
}

OPERATION(embedGradient) void embedGradient(float* dKernel, const float* dOut, const u32* tokens, const u32* tokenStarts, const u32* starts, const u32* lengths, u32 sequences, u32 vocabulary, u32 channels, u32 width) {
  const int left = static_cast<int>(width - 1) / 2;
  for (u32 s = 0; s < sequences; s++) {
    const u32* own = tokens + tokenStarts[s];
    const int length = static_cast<int>(lengths[s]);
    const float* d = dOut + static_cast<size>(starts[s]) * channels;
    for (int t = 0; t < length; t++, d += channels) {
      for (int k = 0; k < static_cast<int>(width); k++) {
        const int at = t + k - left;
        if (at < 0 || at >= length) continue;
        float* row = dKernel + (static_cast<size>(k) * vocabulary + own[at]) * channels;
        for (u32 c = 0; c < channels; c++) row[c] += d[c];
      }
    }
  }
}

// --- activations --------------------------------------------------------------------------------------------------------

OPERATION(relu) void relu(float* x, u32 n) {
  for (u32 i = 0; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

OPERATION(reluGradient) void reluGradient(float* d, const float* y, u32 n) {
  for (u32 i = 0; i < n; i++) d[i] = y[i] > 0 ? d[i] : 0;
}

OPERATION(squash) void squash(float* x, u32 n) {
  eachOf(n, x, hyperbolicTangent);
}

OPERATION(squashGradient) void squashGradient(float* d, const float* y, u32 n) {
  for (u32 i = 0; i < n; i++) d[i] = d[i] * (1 - y[i] * y[i]);
}

// --- pooling ------------------------------------------------------------------------------------------------------------

OPERATION(maxPool) void maxPool(float* out, u8* chosen, const float* in, u32 channels, const u32* starts, const u32* lengths, const u32* outStarts, const u32* outLengths, u32 sequences, u32 window) {
  for (u32 s = 0; s < sequences; s++) {
    for (u32 t = 0; t < outLengths[s]; t++) {
      const u32 from = t * window;
      const u32 left = lengths[s] - from;
      const u32 steps = left < window ? left : window;
      const float* x = in + static_cast<size>(starts[s] + from) * channels;
      const size at = static_cast<size>(outStarts[s] + t) * channels;
      u32 c = 0;
      for (; c + 4 <= channels; c += 4) {
        Four most = four(x + c);
        FourWords which = {};
        for (u32 k = 1; k < steps; k++) {
          const Four next = four(x + static_cast<size>(k) * channels + c);
          which = next > most ? FourWords{} + static_cast<int>(k) : which;
          most = next > most ? next : most;
        }
        *reinterpret_cast<Four*>(out + at + c) = most;
        *reinterpret_cast<FourBytes*>(chosen + at + c) = __builtin_convertvector(which, FourBytes);
      }
      for (; c < channels; c++) {
        float most = x[c];
        u32 which = 0;
        for (u32 k = 1; k < steps; k++) {
          const float next = x[static_cast<size>(k) * channels + c];
          which = next > most ? k : which;
          most = next > most ? next : most;
        }
        out[at + c] = most;
        chosen[at + c] = static_cast<u8>(which);
      }
    }
  }
}

OPERATION(maxPoolGradient) void maxPoolGradient(float* dIn, const float* dOut, const u8* chosen, u32 channels, const u32* starts, const u32* lengths, const u32* outStarts, const u32* outLengths, u32 sequences, u32 window) {
  for (u32 s = 0; s < sequences; s++) {
    for (u32 t = 0; t < outLengths[s]; t++) {
      const u32 from = t * window;
      const u32 left = lengths[s] - from;
      const u32 steps = left < window ? left : window;
      const size at = static_cast<size>(outStarts[s] + t) * channels;
      for (u32 k = 0; k < steps; k++) {
        float* d = dIn + static_cast<size>(starts[s] + from + k) * channels;
        u32 c = 0;
        for (; c + 4 <= channels; c += 4) {
          const auto which = __builtin_convertvector(*reinterpret_cast<const FourBytes*>(chosen + at + c), FourWords);
          *reinterpret_cast<Four*>(d + c) = which == static_cast<int>(k) ? four(dOut + at + c) : Four{};
        }
        for (; c < channels; c++) d[c] = chosen[at + c] == k ? dOut[at + c] : 0;
      }
    }
  }
}

OPERATION(meanPool) void meanPool(float* out, u32 outRow, const float* in, u32 channels, const u32* starts, const u32* lengths, u32 sequences) {
  for (u32 s = 0; s < sequences; s++, out += outRow) {
    for (u32 c = 0; c < channels; c++) out[c] = 0;
    if (lengths[s] == 0) continue;
    const float* x = in + static_cast<size>(starts[s]) * channels;
    for (u32 t = 0; t < lengths[s]; t++, x += channels)
      for (u32 c = 0; c < channels; c++) out[c] += x[c];
    const float share = 1.0f / static_cast<float>(lengths[s]);
    for (u32 c = 0; c < channels; c++) out[c] *= share;
  }
}

OPERATION(meanPoolGradient) void meanPoolGradient(float* dIn, const float* dOut, u32 outRow, u32 channels, const u32* starts, const u32* lengths, u32 sequences) {
  for (u32 s = 0; s < sequences; s++, dOut += outRow) {
    if (lengths[s] == 0) continue;
    const float share = 1.0f / static_cast<float>(lengths[s]);
    float* d = dIn + static_cast<size>(starts[s]) * channels;
    for (u32 t = 0; t < lengths[s]; t++, d += channels)
      for (u32 c = 0; c < channels; c++) d[c] = dOut[c] * share;
  }
}

OPERATION(maxOverTime) void maxOverTime(float* out, u32 outRow, u32* chosen, const float* in, u32 channels, const u32* starts, const u32* lengths, u32 sequences) {
  for (u32 s = 0; s < sequences; s++, out += outRow, chosen += channels) {
    const float* x = in + static_cast<size>(starts[s]) * channels;
    for (u32 c = 0; c < channels; c++) {
      out[c] = lengths[s] ? x[c] : 0;
      chosen[c] = 0;
    }
    for (u32 t = 1; t < lengths[s]; t++) {
      x += channels;
      for (u32 c = 0; c < channels; c++) {
        const bool larger = x[c] > out[c];
        out[c] = larger ? x[c] : out[c];
        chosen[c] = larger ? t : chosen[c];
      }
    }
  }
}

OPERATION(maxOverTimeGradient) void maxOverTimeGradient(float* dIn, const float* dOut, u32 outRow, const u32* chosen, u32 channels, const u32* starts, const u32* lengths, u32 sequences) {
  for (u32 s = 0; s < sequences; s++, dOut += outRow, chosen += channels) {
    float* d = dIn + static_cast<size>(starts[s]) * channels;
    for (u32 t = 0; t < lengths[s]; t++, d += channels)
      for (u32 c = 0; c < channels; c++) d[c] = chosen[c] == t ? dOut[c] : 0;
  }
}

OPERATION(attentionPool) void attentionPool(float* out, u32 outRow, float* shares, const float* in, const float* query, u32 channels, const u32* starts, const u32* lengths, u32 sequences) {
  for (u32 s = 0; s < sequences; s++, out += outRow) {
    for (u32 c = 0; c < channels; c++) out[c] = 0;
    const u32 length = lengths[s];
    if (length == 0) continue;
    const float* x = in + static_cast<size>(starts[s]) * channels;
    float* own = shares + starts[s];
    float top = 0;
    for (u32 t = 0; t < length; t++) {
      float score = 0;
      for (u32 c = 0; c < channels; c++) score += x[static_cast<size>(t) * channels + c] * query[c];
      own[t] = score;
      top = t == 0 || score > top ? score : top;
    }
    eachOf(length, own, [top](Vector v) { return exponential(v - top); });
    float sum = 0;
    for (u32 t = 0; t < length; t++) sum += own[t];
    for (u32 t = 0; t < length; t++) own[t] = own[t] / sum;
    for (u32 t = 0; t < length; t++, x += channels)
      for (u32 c = 0; c < channels; c++) out[c] += own[t] * x[c];
  }
}

OPERATION(attentionPoolGradient) void attentionPoolGradient(float* dIn, float* dQuery, const float* dOut, u32 outRow, const float* shares, const float* in, const float* query, u32 channels, const u32* starts, const u32* lengths, u32 sequences) {
  for (u32 s = 0; s < sequences; s++, dOut += outRow) {
    const u32 length = lengths[s];
    const float* x = in + static_cast<size>(starts[s]) * channels;
    const float* own = shares + starts[s];
    float* d = dIn + static_cast<size>(starts[s]) * channels;
    float mean = 0;
    for (u32 t = 0; t < length; t++) {
      float dShare = 0;
      for (u32 c = 0; c < channels; c++) dShare += dOut[c] * x[static_cast<size>(t) * channels + c];
      d[static_cast<size>(t) * channels] = dShare;  // kept here until the mean is known
      mean += own[t] * dShare;
    }
    for (u32 t = 0; t < length; t++, x += channels, d += channels) {
      const float dScore = own[t] * (d[0] - mean);
      for (u32 c = 0; c < channels; c++) {
        d[c] = own[t] * dOut[c] + dScore * query[c];
        dQuery[c] += dScore * x[c];
      }
    }
  }
}

// --- LSTM ---------------------------------------------------------------------------------------------------------------

// Rows of one step lie together, the longest sequences first, so that those that have ended simply are no longer there.
OPERATION(lstm) void lstm(float* out, u32 outRow, float* inputsAndState, float* gates, float* cells, float* squashed, const float* in, const float* packed, const float* bias, const u32* places, const u32* counts, u32 steps, u32 inputs, u32 units) {
  const u32 width = inputs + units;
  const size h = units;
  for (u32 t = 0, row = 0; t < steps; t++) {
    const u32 n = counts[t];
    const u32 next = t + 1 < steps ? counts[t + 1] : 0;
    float* xh = inputsAndState + static_cast<size>(row) * width;
    for (u32 i = 0; i < n; i++) {
      const float* x = in + static_cast<size>(places[row + i]) * inputs;
      for (u32 c = 0; c < inputs; c++) xh[static_cast<size>(i) * width + c] = x[c];
      if (t == 0) for (u32 c = 0; c < units; c++) xh[static_cast<size>(i) * width + inputs + c] = 0;
    }
    float* z = gates + row * 4 * h;
    multiplyPacked(z, 4 * units, xh, width, packed, bias, n, width, 4 * units);
    for (u32 i = 0; i < n; i++, z += 4 * h) {
      float* c = cells + (row + i) * h;
      const float* before = t > 0 ? cells + (row + i - counts[t - 1]) * h : c;
      float* y = out + static_cast<size>(places[row + i]) * outRow;
      const bool first = t == 0;
      each<7, 5>(units, {z, z + h, z + 2 * h, z + 3 * h, c, squashed + (row + i) * h, y}, {z, z + h, z + 2 * h, z + 3 * h, before},
                 [first](const Vector* v, Vector* to) {
        const Vector input = to[0] = logistic(v[0]);
        const Vector forget = to[1] = logistic(v[1]);
        const Vector candidate = to[2] = hyperbolicTangent(v[2]);
        const Vector output = to[3] = logistic(v[3]);
        to[4] = first ? input * candidate : forget * v[4] + input * candidate;
        to[5] = hyperbolicTangent(to[4]);
        to[6] = output * to[5];
      });
      if (i < next) {
        float* state = xh + static_cast<size>(n + i) * width + inputs;
        for (u32 k = 0; k < units; k++) state[k] = y[k];
      }
    }
    row += n;
  }
}

// Turns the gates into the gradients of what they were computed from. `dState` and `dCells` hold one row a sequence.
OPERATION(lstmGradient) void lstmGradient(float* dIn, u32 onto, float* dKernel, float* dBias, const float* dOut, u32 outRow, const float* inputsAndState, float* gates, const float* cells, const float* squashed, float* dBoth, float* dState, float* dCells, const float* packedTransposed, const u32* places, const u32* counts, u32 steps, u32 inputs, u32 units) {
  const u32 width = inputs + units;
  const size h = units;
  u32 rows = 0;
  for (u32 t = 0; t < steps; t++) rows += counts[t];
  if (rows == 0) return;
  clear(dState, counts[0] * units);
  clear(dCells, counts[0] * units);
  for (u32 t = steps, row = rows; t-- > 0;) {
    const u32 n = counts[t];
    row -= n;
    for (u32 i = 0; i < n; i++) {
      float* z = gates + (row + i) * 4 * h;
      const float* s = squashed + (row + i) * h;
      const bool first = t == 0;
      const float* before = first ? s : cells + (row + i - counts[t - 1]) * h;
      const float* d = dOut + static_cast<size>(places[row + i]) * outRow;
      float* dc = dCells + i * h;
      each<5, 9>(units, {z, z + h, z + 2 * h, z + 3 * h, dc}, {z, z + h, z + 2 * h, z + 3 * h, dc, dState + i * h, d, s, before},
                 [first](const Vector* v, Vector* to) {
        const Vector input = v[0], forget = v[1], candidate = v[2], output = v[3], squashedCell = v[7];
        const Vector dh = v[5] + v[6];
        const Vector dCell = v[4] + dh * output * (1.0f - squashedCell * squashedCell);
        to[0] = dCell * candidate * input * (1.0f - input);
        to[1] = first ? Vector{} : dCell * v[8] * forget * (1.0f - forget);
        to[2] = dCell * input * (1.0f - candidate * candidate);
        to[3] = dh * squashedCell * output * (1.0f - output);
        to[4] = forget * dCell;
      });
    }
    multiplyPacked(dBoth, width, gates + row * 4 * h, 4 * units, packedTransposed, nullptr, n, 4 * units, width);
    for (u32 i = 0; i < n; i++) {
      const float* both = dBoth + static_cast<size>(i) * width;
      float* d = dIn + static_cast<size>(places[row + i]) * inputs;
      for (u32 c = 0; c < inputs; c++) d[c] = onto ? d[c] + both[c] : both[c];
      for (u32 c = 0; c < units; c++) dState[i * h + c] = both[inputs + c];
    }
  }
  multiplyTransposed(dKernel, inputsAndState, width, gates, 4 * units, rows, width, 4 * units);
  columnSums(dBias, gates, 4 * units, rows, 4 * units);
}

// --- sparse rows, dropout, loss, Adam -----------------------------------------------------------------------------------

OPERATION(multiplySparse) void multiplySparse(float* out, const float* kernel, const float* bias, const u32* starts, const u32* indices, const float* values, u32 rows, u32 units) {
  for (u32 row = 0; row < rows; row++, out += units) {
    for (u32 c = 0; c < units; c++) out[c] = bias[c];
    for (u32 i = starts[row]; i < starts[row + 1]; i++) {
      const float* weights = kernel + static_cast<size>(indices[i]) * units;
      for (u32 c = 0; c < units; c++) out[c] += values[i] * weights[c];
    }
  }
}

OPERATION(multiplySparseGradient) void multiplySparseGradient(float* dKernel, const float* dOut, const u32* starts, const u32* indices, const float* values, u32 rows, u32 units) {
  for (u32 row = 0; row < rows; row++, dOut += units) {
    for (u32 i = starts[row]; i < starts[row + 1]; i++) {
      float* d = dKernel + static_cast<size>(indices[i]) * units;
      for (u32 c = 0; c < units; c++) d[c] += values[i] * dOut[c];
    }
  }
}

inline u32 mixed(u32 x) {
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x *= 0x735a2d97u;
  return x ^ (x >> 15);
}

// Each number is kept or not by a hash of where it stands, so that no order and no thread plays a part.
OPERATION(dropout) void dropout(float* x, const u32* rowNames, u32 rows, u32 columns, u32 seed, u32 dropBelow, float scale) {
  for (u32 row = 0; row < rows; row++, x += columns) {
    const u32 own = mixed(seed + mixed(rowNames[row] + 0x9e3779b9u));
    for (u32 c = 0; c < columns; c++) x[c] = mixed(own + c * 0x9e3779b9u) < dropBelow ? 0 : x[c] * scale;
  }
}

// Softmax and the cross-entropy of the true class. `targets` also says how sure it is: smoothing goes to all classes alike.
OPERATION(softmaxLoss) void softmaxLoss(float* losses, float* d, const float* logits, const u32* targets, const float* weights, float scale, float smoothing, u32 rows, u32 classes) {
  for (u32 row = 0; row < rows; row++, d += classes, logits += classes) {
    float top = logits[0];
    for (u32 k = 1; k < classes; k++) top = logits[k] > top ? logits[k] : top;
    each<1, 1>(classes, {d}, {logits}, [top](const Vector* v, Vector* out) { out[0] = exponential(v[0] - top); });
    float sum = 0;
    for (u32 k = 0; k < classes; k++) sum += d[k];
    const u32 target = targets[row];
    losses[2 * row] = logits[target] - top;  // ln p of the target is this less the logarithm of the sum
    losses[2 * row + 1] = sum;
    const float weight = weights[target] * scale;
    const float share = smoothing / static_cast<float>(classes);
    for (u32 k = 0; k < classes; k++) d[k] = (d[k] / sum - (k == target ? 1 - smoothing + share : share)) * weight;
  }
}

// Kingma & Ba, "Adam: A Method for Stochastic Optimization", 2015, with the decoupled decay of Loshchilov & Hutter, 2019.
// Gradients of micro-batches lie `stride` apart and are added in their order.
OPERATION(adam) void adam(float* weights, float* first, float* second, const float* gradients, u32 stride, u32 microBatches, u32 n, float rate, float beta1, float beta2, float epsilon, float decay, float correction1, float correction2) {
  for (u32 i = 0; i < n; i++) {
    float g = gradients[i];
    for (u32 m = 1; m < microBatches; m++) g += gradients[static_cast<size>(m) * stride + i];
    const float m1 = beta1 * first[i] + (1 - beta1) * g;
    const float m2 = beta2 * second[i] + (1 - beta2) * g * g;
    first[i] = m1;
    second[i] = m2;
    const float step = (m1 * correction1) / (__builtin_sqrtf(m2 * correction2) + epsilon);
    weights[i] -= rate * step + rate * decay * weights[i];
  }
}

#ifndef __wasm__
const Entry entries[] = {
    ENTRY(panel), ENTRY(pack), ENTRY(multiplyPacked), ENTRY(multiplyTransposed), ENTRY(columnSums), ENTRY(clear),
    ENTRY(clearGuards), ENTRY(embed), ENTRY(embedGradient), ENTRY(relu), ENTRY(reluGradient), ENTRY(squash),
    ENTRY(squashGradient), ENTRY(maxPool), ENTRY(maxPoolGradient), ENTRY(meanPool), ENTRY(meanPoolGradient),
    ENTRY(maxOverTime), ENTRY(maxOverTimeGradient), ENTRY(attentionPool), ENTRY(attentionPoolGradient), ENTRY(lstm),
    ENTRY(lstmGradient), ENTRY(multiplySparse), ENTRY(multiplySparseGradient), ENTRY(dropout), ENTRY(softmaxLoss),
    ENTRY(adam)};
extern const Table table = {entries, sizeof(entries) / sizeof(Entry)};
}  // namespace TAXON_BUILD
#endif
