/** A stream of reproducible random numbers; the same seed gives the same stream on every machine. */
export interface Random {
  /** A whole number, uniform in 0 … limit-1; `limit` in 1 … 2³². */
  below(limit: number): number
  /** A number in [0, 1) with 32 random bits. */
  unit(): number
}

/**
 * Seeded random numbers: sfc32 of Chris Doty-Humphrey's PractRand (2010), seeded through splitmix32.
 * Integer arithmetic only, so the stream does not depend on the engine.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const split = () => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) | 0
  }
  let [a, b, c, counter] = [split(), split(), split(), 1]
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next()
  return {
    below: (limit) => {
      // Rejection keeps it uniform: values past the last whole multiple of `limit` are drawn again.
      const usable = 2 ** 32 - (2 ** 32 % limit)
      let value = next()
      while (value >= usable) value = next()
      return value % limit
    },
    unit: () => next() / 2 ** 32,
  }
}

/** Shuffles `items` in place (Fisher-Yates) and returns them. */
export function shuffle<T extends { [index: number]: unknown; length: number }>(items: T, random: Random): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const held = items[i]
    items[i] = items[j]
    items[j] = held
  }
  return items
}
