// sfc32, seeded through splitmix32: the generator of src/core/random.ts.

#pragma once

using u32 = unsigned int;

struct Random {
  u32 a, b, c, counter;

  explicit Random(u32 seed) {
    u32 state = seed;
    auto split = [&state] {
      state += 0x9e3779b9u;
      u32 z = state ^ (state >> 16);
      z *= 0x21f0aaadu;
      z = (z ^ (z >> 15)) * 0x735a2d97u;
      return z ^ (z >> 15);
    };
    a = split();
    b = split();
    c = split();
    counter = 1;
    for (int i = 0; i < 12; i++) next();
  }

  u32 next() {
    u32 sum = a + b + counter++;
    a = b ^ (b >> 9);
    b = c + (c << 3);
    c = ((c << 21) | (c >> 11)) + sum;
    return sum;
  }

  double unit() { return next() / 4294967296.0; }

  u32 below(u32 limit) { return static_cast<u32>(unit() * limit); }
};
