// Rows of the Gaussian kernel and sequential minimal optimisation over them, the hot loops of src/kernels/rbf-svm. The
// order of every sum is that of reference.ts, so that both give the same bytes.

using u8 = unsigned char;
using u32 = unsigned int;

namespace {

constexpr u32 NONE = 0xffffffffu;
constexpr double TINY_CURVATURE = 1e-12;
enum : u8 { CAN_RISE = 1, CAN_FALL = 2 };

double powerOfTwo(int exponent) {
  const unsigned long long bits = static_cast<unsigned long long>(exponent + 1023) << 52;
  return __builtin_bit_cast(double, bits);
}

constexpr double TAYLOR[14] = {
    1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
    1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};

// `exp` of src/core/math.ts for x at most 0: the same steps, so the same bytes.
double exponential(double x) {
  if (x < -745.1332191019412) return 0;
  const double scaled = x * 1.4426950408889634;
  double k = __builtin_floor(scaled);
  if (scaled - k >= 0.5) k += 1;
  const double high = x - k * 0.6931471803691238;
  const double low = k * 1.9082149292705877e-10;
  const double r = high - low;
  double sum = 0;
  for (int i = 13; i >= 2; i--) sum = (sum + TAYLOR[i]) * r;
  const double value = 1 + (r + (r * sum + (high - r - low)));
  const int exponent = static_cast<int>(k);
  if (exponent < -1022) return value * powerOfTwo(exponent + 1022) * powerOfTwo(-1022);
  return value * powerOfTwo(exponent);
}

// The matrix by columns, for products of one row with all, and by rows.
struct Matrix {
  u32 rows;
  const u32* columnStarts;
  const u32* columnRows;
  const double* columnValues;
  const u32* starts;
  const u32* indices;
  const double* values;
  const double* squares;
  double gamma;
  double* out;
} matrix;

// Rows of the kernel that were computed, of which the least recently used make room for others.
struct Cache {
  u32 slots;
  float* rows;
  u32* slotOf;
  u32* ownerOf;
  u32* usedAt;
  u32 filled, clock;
} cache;

const float* cachedRow(u32 row);

}  // namespace

extern "C" {

// `columnValues` and `values` are 0 for a matrix of ones.
__attribute__((export_name("prepare"))) void prepare(
    u32 rows, const u32* columnStarts, const u32* columnRows, const double* columnValues, const u32* starts,
    const u32* indices, const double* values, const double* squares, double* out) {
  matrix = {rows, columnStarts, columnRows, columnValues, starts, indices, values, squares, 0, out};
}

__attribute__((export_name("prepareCache"))) void prepareCache(
    u32 slots, float* rows, u32* slotOf, u32* ownerOf, u32* usedAt) {
  cache = {slots, rows, slotOf, ownerOf, usedAt, 0, 0};
}

// Forgets the rows of the kernel that were made with another.
__attribute__((export_name("setGamma"))) void setGamma(double gamma) {
  matrix.gamma = gamma;
  cache.filled = cache.clock = 0;
  if (!cache.slots) return;
  for (u32 row = 0; row < matrix.rows; row++) cache.slotOf[row] = NONE;
}

// The kernel of a row, whose columns ascend, with every row of the matrix.
__attribute__((export_name("similarities"))) void similarities(
    u32 length, const u32* indices, const double* values, double square) {
  const Matrix& m = matrix;
  for (u32 row = 0; row < m.rows; row++) m.out[row] = 0;
  for (u32 i = 0; i < length; i++) {
    const double value = values ? values[i] : 1;
    const u32 to = m.columnStarts[indices[i] + 1];
    if (m.columnValues) {
      for (u32 at = m.columnStarts[indices[i]]; at < to; at++)
        m.out[m.columnRows[at]] += value * m.columnValues[at];
    } else {
      for (u32 at = m.columnStarts[indices[i]]; at < to; at++) m.out[m.columnRows[at]] += value;
    }
  }
  for (u32 row = 0; row < m.rows; row++) {
    const double distance = square + m.squares[row] - 2 * m.out[row];
    m.out[row] = exponential(-m.gamma * (distance > 0 ? distance : 0));
  }
}

// Sequential minimal optimisation of one labelling of some rows; returns the number of steps. `status`, `slope` and
// `alpha` have one item for each of the `n` rows; the intercept is written to `intercept`.
__attribute__((export_name("solve"))) u32 solve(
    u32 n, const u32* rows, const signed char* y, double costPositive, double costNegative, double tolerance,
    u32 maxSteps, double* alpha, double* slope, u8* status, double* intercept) {
  const double infinity = __builtin_inf();
  for (u32 k = 0; k < n; k++) {
    alpha[k] = 0;
    slope[k] = -y[k];
    status[k] = y[k] > 0 ? CAN_RISE : CAN_FALL;
  }
  auto room = [&](u32 k, bool up) {
    return up == (y[k] > 0) ? (y[k] > 0 ? costPositive : costNegative) - alpha[k] : alpha[k];
  };
  auto move = [&](u32 k, double step, bool up) {
    const double cost = y[k] > 0 ? costPositive : costNegative;
    const bool grows = up == (y[k] > 0);
    if (step == room(k, up)) alpha[k] = grows ? cost : 0;
    else alpha[k] += grows ? step : -step;
    const bool canGrow = alpha[k] < cost, canShrink = alpha[k] > 0;
    status[k] = y[k] > 0 ? (canGrow ? CAN_RISE : 0) | (canShrink ? CAN_FALL : 0)
                         : (canShrink ? CAN_RISE : 0) | (canGrow ? CAN_FALL : 0);
  };
  u32 steps = 0;
  u32 i = NONE;
  double least = infinity;
  for (u32 k = 0; k < n; k++) {
    if ((status[k] & CAN_RISE) && slope[k] < least) least = slope[i = k];
  }
  while (steps < maxSteps && i != NONE) {
    const float* const own = cachedRow(rows[i]);
    u32 j = NONE;
    double most = -infinity, best = 0;
    for (u32 k = 0; k < n; k++) {
      if (!(status[k] & CAN_FALL)) continue;
      if (slope[k] > most) most = slope[k];
      const double gap = slope[k] - least;
      if (gap <= 0) continue;
      const double curvature = 2 - 2 * static_cast<double>(own[rows[k]]);
      const double gain = gap * gap / (curvature > 0 ? curvature : TINY_CURVATURE);
      if (gain > best) {
        best = gain;
        j = k;
      }
    }
    if (most - least < tolerance || j == NONE) break;
    const float* const other = cachedRow(rows[j]);
    const double curvature = 2 - 2 * static_cast<double>(own[rows[j]]);
    double step = (slope[j] - least) / (curvature > 0 ? curvature : TINY_CURVATURE);
    if (room(i, true) < step) step = room(i, true);
    if (room(j, false) < step) step = room(j, false);
    move(i, step, true);
    move(j, step, false);
    i = NONE;
    least = infinity;
    for (u32 k = 0; k < n; k++) {
      const double after =
          slope[k] + step * (static_cast<double>(own[rows[k]]) - static_cast<double>(other[rows[k]]));
      slope[k] = after;
      if ((status[k] & CAN_RISE) && after < least) {
        least = after;
        i = k;
      }
    }
    steps++;
  }
  double sum = 0, low = -infinity, high = infinity;
  u32 free = 0;
  for (u32 k = 0; k < n; k++) {
    if (status[k] == (CAN_RISE | CAN_FALL)) {
      sum += slope[k];
      free++;
    } else if (status[k] & CAN_RISE) {
      if (slope[k] < high) high = slope[k];
    } else if (slope[k] > low) {
      low = slope[k];
    }
  }
  *intercept = -(free > 0 ? sum / free : (low + high) / 2);
  return steps;
}
}

namespace {

const float* cachedRow(u32 row) {
  const u32 width = matrix.rows;
  u32 slot = cache.slotOf[row];
  if (slot == NONE) {
    if (cache.filled < cache.slots) {
      slot = cache.filled++;
    } else {
      slot = 0;
      for (u32 each = 1; each < cache.slots; each++) {
        if (cache.usedAt[each] < cache.usedAt[slot]) slot = each;
      }
      cache.slotOf[cache.ownerOf[slot]] = NONE;
    }
    cache.ownerOf[slot] = row;
    cache.slotOf[row] = slot;
    const u32 from = matrix.starts[row];
    similarities(matrix.starts[row + 1] - from, matrix.indices + from, matrix.values ? matrix.values + from : nullptr,
                 matrix.squares[row]);
    float* const to = cache.rows + static_cast<unsigned long>(slot) * width;
    for (u32 i = 0; i < width; i++) to[i] = static_cast<float>(matrix.out[i]);
  }
  cache.usedAt[slot] = ++cache.clock;
  return cache.rows + static_cast<unsigned long>(slot) * width;
}

}  // namespace
