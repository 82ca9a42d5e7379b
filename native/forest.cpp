// Growing one tree of a forest, the hot loop of src/kernels/forest. Counts are whole numbers; every sum of others is in
// the order of reference.ts, so that both give the same bytes.

#include "random.h"

using u8 = unsigned char;
using u64 = unsigned long long;

namespace {

constexpr u32 LANES = 4;

struct Columns {
  u32 rows, columns;
  const u8* codes;
  const u32* firstBin;
  const double* lower;
  const double* upper;
};

struct Scratch {
  u32* samples;   // rows in the order of the nodes
  u32* tags;      // class and, above 16 bits, how often the row was drawn; beside `samples`
  u32* features;  // a permutation of the columns
  u32* stack;     // nodes yet to grow: from, to
  u32* counts;    // [256, classes], zeros between two uses
  u32* left;      // [LANES, classes], the first lane where there is but one
  u32* total;     // [classes]
  u8* gathered;   // bins of a node's rows in one column
};

struct Split {
  double score;
  u32 column, bin;
  double threshold;
};

struct Grower {
  const Columns x;
  const Scratch s;
  const double* weights;
  const u32 classes, maxFeatures, minLeaf;
  const bool extra;
  Random random;
  double* out;

  // The score of a split: Σ wₖ²/w of both sides, which is largest where Gini's impurity is least.
  double score() const {
    double wl = 0, wr = 0, l2 = 0, r2 = 0;
    for (u32 k = 0; k < classes; k++) {
      const double l = weights[k] * s.left[k];
      const double r = weights[k] * (s.total[k] - s.left[k]);
      wl += l;
      wr += r;
      l2 += l * l;
      r2 += r * r;
    }
    return l2 / wl + r2 / wr;
  }

  void consider(u32 column, u32 draws, u32 all, u32 bin, double threshold, Split& best) const {
    if (draws < minLeaf || all - draws < minLeaf) return;
    const double found = score();
    if (found > best.score) best = {found, column, bin, threshold};
  }

  // Puts a node's bins of one column into `gathered`. False where all are the same.
  bool gather(u32 column, u32 from, u32 to) const {
    const u8* codes = x.codes + static_cast<u64>(column) * x.rows;
    const u8 first = codes[s.samples[from]];
    u8 differs = 0;
    for (u32 i = from; i < to; i++) {
      const u8 code = codes[s.samples[i]];
      s.gathered[i - from] = code;
      differs |= code ^ first;
    }
    return differs != 0;
  }

  // The best cut of one column, if it is better than the best so far.
  void tryAllCuts(u32 column, u32 from, u32 n, u32 all, Split& best) const {
    u64 used[4] = {0, 0, 0, 0};
    for (u32 i = 0; i < n; i++) {
      const u32 code = s.gathered[i];
      const u32 tag = s.tags[from + i];
      s.counts[code * classes + (tag & 0xffff)] += tag >> 16;
      used[code >> 6] |= 1ull << (code & 63);
    }
    for (u32 k = 0; k < classes; k++) s.left[k] = 0;
    const double* lower = x.lower + x.firstBin[column];
    const double* upper = x.upper + x.firstBin[column];
    u32 draws = 0;
    int previous = -1;
    for (u32 word = 0; word < 4; word++) {
      for (u64 bits = used[word]; bits; bits &= bits - 1) {
        const u32 bin = word * 64 + __builtin_ctzll(bits);
        if (previous >= 0) {
          const double below = upper[previous], above = lower[bin];
          // The middle of neighbouring numbers may round to the upper one, which belongs to the other side.
          const double middle = below + (above - below) / 2;
          consider(column, draws, all, previous, middle < above ? middle : below, best);
        }
        u32* counts = s.counts + bin * classes;
        for (u32 k = 0; k < classes; k++) {
          s.left[k] += counts[k];
          draws += counts[k];
          counts[k] = 0;
        }
        previous = bin;
      }
    }
  }

  void countLeft(u32 i, u32 from, u32 bin, u32* left) const {
    const u32 tag = s.tags[from + i];
    left[tag & 0xffff] += s.gathered[i] <= bin ? tag >> 16 : 0;
  }

  // One random cut of one column, if it is better than the best so far.
  void tryRandomCut(u32 column, u32 from, u32 n, u32 all, Split& best) {
    u8 low = 255, high = 0;
    for (u32 i = 0; i < n; i++) {
      const u8 code = s.gathered[i];
      low = code < low ? code : low;
      high = code > high ? code : high;
    }
    const double* lower = x.lower + x.firstBin[column];
    const double* upper = x.upper + x.firstBin[column];
    const double drawn = lower[low] + random.unit() * (upper[high] - lower[low]);
    u32 bin = low, end = high;
    while (bin < end) {
      const u32 middle = (bin + end + 1) / 2;
      if (lower[middle] <= drawn) bin = middle;
      else end = middle - 1;
    }
    if (bin == high) return;
    for (u32 k = 0; k < LANES * classes; k++) s.left[k] = 0;
    // Neighbours are often of one class: in lanes of their own, no sum waits for the one before it.
    u32 i = 0;
    for (; i + LANES <= n; i += LANES) {
      for (u32 lane = 0; lane < LANES; lane++) countLeft(i + lane, from, bin, s.left + lane * classes);
    }
    for (; i < n; i++) countLeft(i, from, bin, s.left);
    u32 draws = 0;
    for (u32 k = 0; k < classes; k++) {
      for (u32 lane = 1; lane < LANES; lane++) s.left[k] += s.left[lane * classes + k];
      draws += s.left[k];
    }
    consider(column, draws, all, bin, drawn > upper[bin] ? drawn : upper[bin], best);
  }

  Split findSplit(u32 from, u32 to, u32 all) {
    Split best{-1, 0, 0, 0};
    u32 varied = 0;
    for (u32 i = 0; i < x.columns && (i < maxFeatures || varied == 0); i++) {
      const u32 j = i + random.below(x.columns - i);
      const u32 column = s.features[j];
      s.features[j] = s.features[i];
      s.features[i] = column;
      if (!gather(column, from, to)) continue;
      varied++;
      if (extra) tryRandomCut(column, from, to - from, all, best);
      else tryAllCuts(column, from, to - from, all, best);
    }
    return best;
  }

  u32 part(u32 from, u32 to, const Split& split) {
    const u8* codes = x.codes + static_cast<u64>(split.column) * x.rows;
    u32 i = from, j = to;
    while (i < j) {
      if (codes[s.samples[i]] <= split.bin) {
        i++;
        continue;
      }
      j--;
      const u32 sample = s.samples[i], tag = s.tags[i];
      s.samples[i] = s.samples[j];
      s.tags[i] = s.tags[j];
      s.samples[j] = sample;
      s.tags[j] = tag;
    }
    return i;
  }

  void leaf() {
    double* size = out++;
    u32 present = 0;
    for (u32 k = 0; k < classes; k++) {
      if (s.total[k] == 0) continue;
      *out++ = k;
      *out++ = s.total[k];
      present++;
    }
    *size = -1.0 - present;
  }

  void grow(u32 drawn) {
    u32 depth = 0;
    s.stack[0] = 0;
    s.stack[1] = drawn;
    depth = 1;
    while (depth > 0) {
      depth--;
      const u32 from = s.stack[2 * depth], to = s.stack[2 * depth + 1];
      u32 all = 0, present = 0;
      for (u32 k = 0; k < classes; k++) s.total[k] = 0;
      for (u32 i = from; i < to; i++) s.total[s.tags[i] & 0xffff] += s.tags[i] >> 16;
      for (u32 k = 0; k < classes; k++) {
        all += s.total[k];
        present += s.total[k] > 0;
      }
      Split split{-1, 0, 0, 0};
      if (present > 1 && all >= 2 * minLeaf) split = findSplit(from, to, all);
      if (split.score < 0) {
        leaf();
        continue;
      }
      const u32 middle = part(from, to, split);
      *out++ = split.column;
      *out++ = split.threshold;
      s.stack[2 * depth] = middle;
      s.stack[2 * depth + 1] = to;
      s.stack[2 * depth + 2] = from;
      s.stack[2 * depth + 3] = middle;
      depth += 2;
    }
  }
};

}  // namespace

// The caller lays the arrays out, `counts` as zeros. Returns how many numbers were written to `out`.
extern "C" __attribute__((export_name("grow"))) u32 growTree(
    u32 rows, u32 columns, u32 classes, const u8* codes, const u32* firstBin, const double* lower, const double* upper,
    const u32* y, const double* weights, u32* samples, u32* tags, u32* features, u32* stack, u32* counts, u32* left,
    u32* total, u8* gathered, double* out, u32 maxFeatures, u32 minLeaf, u32 extra, u32 seed) {
  Grower grower{{rows, columns, codes, firstBin, lower, upper},
                {samples, tags, features, stack, counts, left, total, gathered},
                weights, classes, maxFeatures, minLeaf, extra != 0, Random(seed), out};
  for (u32 j = 0; j < columns; j++) features[j] = j;
  u32 drawn = 0;
  for (u32 i = 0; i < rows; i++) tags[i] = extra ? 1 : 0;
  if (!extra) {
    for (u32 i = 0; i < rows; i++) tags[grower.random.below(rows)]++;
  }
  for (u32 i = 0; i < rows; i++) {
    if (tags[i] == 0) continue;
    tags[drawn] = tags[i] << 16 | y[i];
    samples[drawn++] = i;
  }
  grower.grow(drawn);
  return static_cast<u32>(grower.out - out);
}
