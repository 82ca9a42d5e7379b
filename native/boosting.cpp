// Growing one tree of gradient boosting, the hot loop of src/kernels/boosting. The order of every sum is that of
// reference.ts, so that both give the same bytes.

using u8 = unsigned char;
using u32 = unsigned int;
using u64 = unsigned long long;

namespace {

// A gradient and its curvature, or the sums of some.
typedef double Pair __attribute__((vector_size(16)));

struct Grower {
  const u32 rows, columns;
  const u8* codes;       // [columns, rows]
  const u32* firstBin;   // [columns + 1]
  const u8* zeroBin;     // [columns]
  const double* lower;
  const double* upper;
  const u32* starts;     // rows of what is stored: bins of all columns, or of the active ones
  const u32* bins;
  const u32* active;     // columns that may be tried, ascending
  const u32 activeCount;
  const Pair* pairs;     // [rows], zeros where a row is left out
  u32* order;            // rows in the order of the nodes
  u32* moved;            // [rows]
  Pair* tables;          // sums by bin, [slots, all bins]
  u32* freeSlots;        // a stack of those tables
  u32 freeCount;
  double* values;        // [rows], what each row is given
  double* out;
  const u32 maxDepth;
  const double rate, l2, minWeight, minGain;

  Pair* table(u32 slot) const { return tables + static_cast<u64>(slot) * firstBin[columns]; }

  void fill(u32 slot, u32 from, u32 to) const {
    Pair* sums = table(slot);
    for (u32 i = 0; i < activeCount; i++) {
      for (u32 bin = firstBin[active[i]]; bin < firstBin[active[i] + 1]; bin++) sums[bin] = Pair{0, 0};
    }
    for (u32 i = from; i < to; i++) {
      const u32 row = order[i];
      const Pair pair = pairs[row];
      if (pair[1] == 0) continue;
      for (u32 j = starts[row]; j < starts[row + 1]; j++) sums[bins[j]] += pair;
    }
  }

  void subtract(u32 slot, u32 other) const {
    Pair* sums = table(slot);
    const Pair* less = table(other);
    for (u32 i = 0; i < activeCount; i++) {
      for (u32 bin = firstBin[active[i]]; bin < firstBin[active[i] + 1]; bin++) sums[bin] -= less[bin];
    }
  }

  Pair total(u32 from, u32 to) const {
    Pair sum{0, 0};
    for (u32 i = from; i < to; i++) sum += pairs[order[i]];
    return sum;
  }

  struct Split {
    double score;
    u32 column, bin;
  };

  Split findSplit(u32 slot, Pair all) const {
    Split best{all[0] * all[0] / (all[1] + l2) + minGain, columns, 0};
    Pair* sums = table(slot);
    const Pair leasts{minWeight, minWeight};
    for (u32 i = 0; i < activeCount; i++) {
      const u32 column = active[i];
      const u32 first = firstBin[column], end = firstBin[column + 1], zero = first + zeroBin[column];
      Pair stored{0, 0};
      for (u32 bin = first; bin < end; bin++) {
        if (bin != zero) stored += sums[bin];
      }
      sums[zero] = all - stored;
      Pair left{0, 0};
      for (u32 bin = first; bin + 1 < end; bin++) {
        left += sums[bin];
        const Pair right = all - left;
        if (left[1] < leasts[0] || right[1] < leasts[1]) continue;
        const Pair g{left[0], right[0]}, h{left[1], right[1]};
        const Pair scores = g * g / (h + l2);
        const double score = scores[0] + scores[1];
        if (score > best.score) best = {score, column, bin - first};
      }
    }
    return best;
  }

  u32 part(u32 from, u32 to, const Split& split) const {
    const u8* column = codes + static_cast<u64>(split.column) * rows;
    u32 left = from, right = 0;
    for (u32 i = from; i < to; i++) {
      const u32 row = order[i];
      if (column[row] <= split.bin) order[left++] = row;
      else moved[right++] = row;
    }
    for (u32 i = 0; i < right; i++) order[left + i] = moved[i];
    return left;
  }

  bool canSplit(u32 depth, Pair all) const { return depth < maxDepth && all[1] >= 2 * minWeight; }

  // Grows a node. Its table, if it can be split, is its own to use up.
  void grow(u32 from, u32 to, u32 depth, u32 slot, Pair all) {
    const double weight = all[1] + l2;
    const float value = weight > 0 ? static_cast<float>(-rate * all[0] / weight) : 0;
    Split split{0, columns, 0};
    if (canSplit(depth, all)) split = findSplit(slot, all);
    if (split.column == columns) {
      *out++ = -1;
      *out++ = value;
      for (u32 i = from; i < to; i++) values[order[i]] = value;
      return;
    }
    const u32 middle = part(from, to, split);
    const double below = upper[firstBin[split.column] + split.bin];
    const double above = lower[firstBin[split.column] + split.bin + 1];
    const double half = below + (above - below) / 2;
    *out++ = split.column;
    *out++ = half < above ? half : below;
    *out++ = value;
    const Pair left = total(from, middle), right = total(middle, to);
    const bool leftSplits = canSplit(depth + 1, left), rightSplits = canSplit(depth + 1, right);
    u32 leftSlot = slot, rightSlot = slot;
    u32 taken = 0;
    if (leftSplits || rightSplits) {
      // The smaller side is summed, the other is what remains.
      taken = freeSlots[--freeCount];
      const bool leftIsSmaller = middle - from <= to - middle;
      if (leftIsSmaller) leftSlot = taken;
      else rightSlot = taken;
      if (leftIsSmaller) fill(taken, from, middle);
      else fill(taken, middle, to);
      subtract(slot, taken);
    }
    grow(from, middle, depth + 1, leftSlot, left);
    grow(middle, to, depth + 1, rightSlot, right);
    if (leftSplits || rightSplits) freeSlots[freeCount++] = taken;
  }
};

}  // namespace

// Keeps, of what the rows store, the bins that are wanted. Returns how many there are.
extern "C" __attribute__((export_name("choose"))) u32 chooseBins(u32 rows, const u32* starts, const u32* bins,
                                                                 const u8* wanted, u32* keptStarts, u32* kept) {
  u32 count = 0;
  keptStarts[0] = 0;
  for (u32 row = 0; row < rows; row++) {
    for (u32 i = starts[row]; i < starts[row + 1]; i++) {
      kept[count] = bins[i];
      count += wanted[bins[i]];
    }
    keptStarts[row + 1] = count;
  }
  return count;
}

// The caller lays the arrays out, `slots` tables among them. Returns how many numbers were written to `out`.
extern "C" __attribute__((export_name("grow"))) u32 growTree(
    u32 rows, u32 columns, const u8* codes, const u32* firstBin, const u8* zeroBin, const double* lower,
    const double* upper, const u32* starts, const u32* bins, const u32* active, u32 activeCount, const double* pairs,
    u32* order, u32* moved, double* tables, u32* freeSlots, u32 slots, double* values, double* out, u32 maxDepth,
    double rate, double l2, double minWeight, double minGain) {
  Grower grower{rows, columns, codes, firstBin, zeroBin, lower, upper, starts, bins, active, activeCount,
                reinterpret_cast<const Pair*>(pairs), order, moved, reinterpret_cast<Pair*>(tables), freeSlots,
                slots - 1, values, out, maxDepth, rate, l2, minWeight, minGain};
  for (u32 i = 0; i < rows; i++) order[i] = i;
  for (u32 i = 0; i + 1 < slots; i++) freeSlots[i] = slots - 1 - i;
  const Pair all = grower.total(0, rows);
  if (grower.canSplit(0, all)) grower.fill(0, 0, rows);
  grower.grow(0, rows, 0, 0, all);
  return static_cast<u32>(grower.out - out);
}
