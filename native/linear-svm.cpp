// Dual coordinate descent for the linear SVM, the hot loop of src/kernels/linear-svm. The order of every sum is that of
// reference.ts, so that both give the same bytes.

#include "random.h"

namespace {

template <bool binary>
double dot(const u32* indices, const double* values, u32 from, u32 to, const double* w) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  u32 i = from;
  for (; i + 4 <= to; i += 4) {
    if constexpr (binary) {
      s0 += w[indices[i]];
      s1 += w[indices[i + 1]];
      s2 += w[indices[i + 2]];
      s3 += w[indices[i + 3]];
    } else {
      s0 += values[i] * w[indices[i]];
      s1 += values[i + 1] * w[indices[i + 1]];
      s2 += values[i + 2] * w[indices[i + 2]];
      s3 += values[i + 3] * w[indices[i + 3]];
    }
  }
  for (; i < to; i++) s0 += binary ? w[indices[i]] : values[i] * w[indices[i]];
  return s0 + s1 + (s2 + s3);
}

template <bool binary>
void addScaled(double* w, double by, const u32* indices, const double* values, u32 from, u32 to) {
  for (u32 i = from; i < to; i++) w[indices[i]] += binary ? by : by * values[i];
}

struct Problem {
  u32 rows, columns;
  const u32* starts;
  const u32* indices;
  const double* values;
  const signed char* y;
  double* w;
  double* alpha;
  double* curvature;
  u32* order;
};

template <bool binary>
u32 solve(const Problem& p, double costPositive, double costNegative, double tolerance, u32 maxPasses, u32 seed) {
  const double infinity = __builtin_inf();
  const double diagonals[2] = {0.5 / costNegative, 0.5 / costPositive};
  double* const w = p.w;
  u32* const order = p.order;
  for (u32 j = 0; j <= p.columns; j++) w[j] = 0;
  for (u32 i = 0; i < p.rows; i++) {
    p.alpha[i] = 0;
    order[i] = i;
    double sum = 0;
    if constexpr (binary) {
      sum = p.starts[i + 1] - p.starts[i];
    } else {
      for (u32 j = p.starts[i]; j < p.starts[i + 1]; j++) sum += p.values[j] * p.values[j];
    }
    p.curvature[i] = sum + 1 + diagonals[p.y[i] > 0];
  }
  Random random(seed);
  auto swap = [order](u32 a, u32 b) {
    u32 held = order[a];
    order[a] = order[b];
    order[b] = held;
  };
  u32 active = p.rows, passes = 0;
  double largestBefore = infinity;
  while (passes < maxPasses) {
    double largest = -infinity, smallest = infinity;
    for (u32 s = 0; s < active; s++) swap(s, s + random.below(active - s));
    for (u32 s = 0; s < active; s++) {
      const u32 i = order[s];
      const double y = p.y[i];
      const double before = p.alpha[i];
      const u32 from = p.starts[i], to = p.starts[i + 1];
      const double decision = dot<binary>(p.indices, p.values, from, to, w) + w[p.columns];
      const double gradient = y * decision - 1 + before * diagonals[y > 0];
      double projected = gradient;
      if (before == 0) {
        if (gradient > largestBefore) {
          swap(s--, --active);
          continue;
        }
        projected = gradient < 0 ? gradient : 0;
      }
      if (projected > largest) largest = projected;
      if (projected < smallest) smallest = projected;
      if (__builtin_fabs(projected) <= 1e-12) continue;
      const double stepped = before - gradient / p.curvature[i];
      const double after = stepped > 0 ? stepped : 0;
      p.alpha[i] = after;
      const double by = (after - before) * y;
      addScaled<binary>(w, by, p.indices, p.values, from, to);
      w[p.columns] += by;
    }
    passes++;
    if (largest - smallest <= tolerance) {
      if (active == p.rows) break;
      active = p.rows;
      largestBefore = infinity;
    } else {
      largestBefore = largest > 0 ? largest : infinity;
    }
  }
  return passes;
}

}  // namespace

// The caller lays the arrays out; `values` is 0 for a matrix of ones. Returns the number of passes.
extern "C" __attribute__((export_name("solve"))) u32 solveSvm(
    u32 rows, u32 columns, const u32* starts, const u32* indices, const double* values, const signed char* y,
    double* w, double* alpha, double* curvature, u32* order, double costPositive, double costNegative,
    double tolerance, u32 maxPasses, u32 seed) {
  const Problem p{rows, columns, starts, indices, values, y, w, alpha, curvature, order};
  return values ? solve<false>(p, costPositive, costNegative, tolerance, maxPasses, seed)
                : solve<true>(p, costPositive, costNegative, tolerance, maxPasses, seed);
}
