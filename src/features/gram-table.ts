/** The id that no n-gram has. */
export const NONE = 0xffffffff

/**
 * n-grams by name, exact: an n-gram is its first n-1 tokens' id and its last token, so two 32-bit numbers tell it
 * whatever n and the vocabulary are. Open addressing with linear probing, at most half full.
 */
export class GramTable {
  /** Number of n-grams; their ids are 0 … size-1 in order of arrival. */
  size = 0
  prefixes = new Uint32Array(1024)
  tokens = new Uint32Array(1024)
  #slots = new Uint32Array(4096)

  /** The id of `token` after `prefix`, or NONE. */
  find(prefix: number, token: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash(prefix, token) & mask; ; slot = (slot + 1) & mask) {
      // Slots hold id + 1, so that 0 is empty.
      const id = this.#slots[slot] - 1
      if (id < 0) return NONE
      if (this.prefixes[id] === prefix && this.tokens[id] === token) return id
    }
  }

  /** The id of `token` after `prefix`, a new one where there was none. */
  add(prefix: number, token: number): number {
    const mask = this.#slots.length - 1
    let slot = hash(prefix, token) & mask
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] - 1
      if (this.prefixes[id] === prefix && this.tokens[id] === token) return id
    }
    const id = this.size++
    if (id === this.prefixes.length) {
      this.prefixes = doubled(this.prefixes)
      this.tokens = doubled(this.tokens)
    }
    this.prefixes[id] = prefix
    this.tokens[id] = token
    this.#slots[slot] = id + 1
    if (this.size * 2 > this.#slots.length) this.#grow()
    return id
  }

  #grow(): void {
    const slots = new Uint32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.size; id++) {
      let slot = hash(this.prefixes[id], this.tokens[id]) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(array.length * 2)
  wider.set(array)
  return wider
}

/** Two words mixed to one as in MurmurHash3's finaliser (Appleby, 2011). */
function hash(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
