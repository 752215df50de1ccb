/** The normal of a decision boundary, averaged over estimates at several of its points, and how well each of its entries is known. */

/** Standard errors that count as certainty. */
const CERTAIN = 3;

export class RunningNormal {
  /** In units of its own: only proportions count, and only among entries that were attended to alike. */
  readonly normal: Float64Array;
  /** 1 for the coordinates that probes are to move, 0 for the others. */
  readonly attended: Float64Array;
  readonly #variance: Float64Array;
  readonly #memory: number;

  /** @param memory share of the earlier estimates that each new one leaves */
  constructor(length: number, memory: number) {
    this.normal = new Float64Array(length);
    this.attended = new Float64Array(length).fill(1);
    this.#variance = new Float64Array(length);
    this.#memory = memory;
  }

  /** Whether the sign of an entry is known. */
  isSettled(i: number): boolean {
    return Math.abs(this.normal[i]) > CERTAIN * Math.sqrt(this.#variance[i]);
  }

  /** Bounds of an entry's magnitude. */
  atLeast(i: number): number {
    return Math.abs(this.normal[i]) - CERTAIN * Math.sqrt(this.#variance[i]);
  }

  atMost(i: number): number {
    return Math.abs(this.normal[i]) + CERTAIN * Math.sqrt(this.#variance[i]);
  }

  /** Narrows the next estimate to the coordinates that are chosen, or to none in particular where none is. */
  attendTo(chosen: (i: number) => boolean): void {
    let count = 0;
    for (let i = 0; i < this.attended.length; i++) count += this.attended[i] = +chosen(i);
    if (count === 0) this.attended.fill(1);
  }

  /** @param variance of each attended entry of `direction`, from chance alone */
  add(direction: Float64Array, variance: number): void {
    for (let i = 0; i < direction.length; i++) {
      this.normal[i] = this.#memory * this.normal[i] + direction[i];
      this.#variance[i] = this.#memory * this.#memory * this.#variance[i] + this.attended[i] * variance;
    }
  }
}
