/** A Uint32Array that doubles as it fills; `view()` shows what is in it. */
export class GrowingUint32 {
  #data = new Uint32Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#data.length) {
      const wider = new Uint32Array(this.#data.length * 2)
      wider.set(this.#data)
      this.#data = wider
    }
    this.#data[this.length++] = value
  }

  /** The values so far, in place: not to be kept across a `push`. */
  view(): Uint32Array {
    return this.#data.subarray(0, this.length)
  }
}

/** A Float64Array that doubles as it fills; `view()` shows what is in it. */
export class GrowingFloat64 {
  #data = new Float64Array(1024)
  length = 0

  push(value: number): void {
    if (this.length === this.#data.length) {
      const wider = new Float64Array(this.#data.length * 2)
      wider.set(this.#data)
      this.#data = wider
    }
    this.#data[this.length++] = value
  }

  /** Adds to a value that is there. */
  increase(at: number, by: number): void {
    this.#data[at] += by
  }

  /** The values so far, in place: not to be kept across a `push`. */
  view(): Float64Array {
    return this.#data.subarray(0, this.length)
  }
}
