/** Keeps the best point an attack has met: one that achieves the goal before one that does not, then the larger loss. */
export class BestIterate {
  /** The best point so far; a copy that the receiver owns. */
  point: Float32Array;
  achieved = false;
  #loss = Number.NEGATIVE_INFINITY;

  constructor(start: Float32Array) {
    this.point = start.slice();
  }

  offer(point: Float32Array, achieved: boolean, loss: number): void {
    if (achieved !== this.achieved ? !achieved : !(loss > this.#loss)) return;
    this.point.set(point);
    this.achieved = achieved;
    this.#loss = loss;
  }
}
