/** Keeps the nearest adversarial point that a minimal-norm attack has met. */
import type { AttackExample } from 'proofhouse/plugin';

export class Nearest {
  /** Distance of the nearest adversarial point; infinite before there is one. */
  distance = Number.POSITIVE_INFINITY;
  readonly #example: Pick<AttackExample, 'image' | 'threat' | 'stop'>;
  /** That point, also where a finite threat does not reach it; the clean image before there is one. */
  readonly point: Float32Array;

  constructor(example: Pick<AttackExample, 'image' | 'threat' | 'stop'>) {
    this.#example = example;
    this.point = example.image.slice();
  }

  /** @returns whether the point is adversarial and nearer than all before it */
  offer(point: Float32Array, achieved: boolean): boolean {
    if (!achieved) return false;
    const distance = this.#example.threat.distance(point);
    if (distance >= this.distance) return false;
    this.distance = distance;
    this.point.set(point);
    return true;
  }

  /** Whether a search inside a ball is over: a minimal-norm attack that a cascade gives a finite ε need only reach it. */
  get enough(): boolean {
    const { threat, stop } = this.#example;
    return stop === 'success' && Number.isFinite(threat.epsilon) && this.distance <= threat.epsilon;
  }

  /** The nearest adversarial point, or the clean image where there is none inside the threat. */
  answer(): Float32Array {
    const { threat, image } = this.#example;
    return threat.contains(this.point) ? this.point : image.slice();
  }
}
