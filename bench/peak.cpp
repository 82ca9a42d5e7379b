// How many GFLOP/s one core can reach with vectors of LANES floats: multiplications and additions on registers alone, by
// processor time, the best of some runs. Fused or not is for the compiler's flags to say.
#include <cstdio>
#include <ctime>

typedef float Vector __attribute__((vector_size(LANES * 4)));
// As many sums as hide the latency of a product and a sum, and as leave registers for the factors.
constexpr int SUMS = 12;
constexpr int ROUNDS = 1 << 21;

static double seconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

int main(int count, char**) {
  double best = 0;
  float kept = 0;
  for (int run = 0; run < 20; run++) {
    Vector sums[SUMS];
    for (int i = 0; i < SUMS; i++) sums[i] = Vector{} + static_cast<float>(i + count);
    const Vector factor = Vector{} + 0.999f + static_cast<float>(count) * 1e-6f, term = Vector{} + 1e-3f;
    const double before = seconds();
    for (int round = 0; round < ROUNDS; round++)
      for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * factor + term;
    const double rate = 2.0 * LANES * SUMS * ROUNDS / (seconds() - before) / 1e9;
    for (int i = 0; i < SUMS; i++) kept += sums[i][0];
    best = rate > best ? rate : best;
  }
  std::printf("%.1f\n", kept > 0 ? best : 0);
}
