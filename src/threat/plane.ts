/** The shortest way to a plane inside the pixel box. For L∞ and L2 in WebAssembly: a fast boundary attack asks it twice for each gradient. */
import { InputError } from '../errors.ts';
import type { Norm } from '../plugin/threat.ts';
import { roomTowards } from './box.ts';
import { Kernel } from './kernel.ts';
import { bytes } from './plane.wasm.ts';

interface Functions {
  displace(length: number, value: number, flat: number): number;
  step(length: number, value: number, flat: number, overshoot: number, mostBias: number, least: number): void;
}

const kernel = new Kernel<Functions>(bytes);
/** Lanes of the kernel's memory for each coordinate. */
const LANES = 11;

/**
 * The shortest displacement, in `norm` and inside the box, after which the linear function of value `value` at `point` and of gradient
 * `w` is zero; into the box's corner where the plane does not meet the box (Croce & Hein 2020, arXiv:1907.02044, §2.2). For L∞ and L2
 * its amounts are min(λ, roomᵢ) and min(λ·|wᵢ|, roomᵢ) with Σ |wᵢ|·amountᵢ = |value|.
 *
 * @param displacement where to write it; as long as the point
 * @returns its length in `norm`
 * @throws InputError for L0
 */
export function towardsPlane(
  norm: Norm,
  point: Float32Array,
  w: Float32Array,
  value: number,
  displacement: Float64Array,
): number {
  refuseL0(norm);
  if (norm === 'l1') return alongLargest(point, w, value, displacement);
  const size = kernel.write(w, point);
  kernel.reserve(LANES * size);
  const distance = kernel.run.displace(size, value, norm === 'linf' ? 1 : 0);
  kernel.readWide(displacement, 7 * size);
  return distance;
}

export interface BiasedStep {
  /** Length of each displacement's stretching, ≥ 1: a little beyond the plane. */
  overshoot: number;
  /** Largest weight of the origin's side, in [0, 1]. */
  mostBias: number;
}

/** No displacement counts for less when the two are weighed. */
const LEAST = 1e-8;

/**
 * A step of the fast adaptive boundary attack, in place (arXiv:1907.02044, eq. 12 and 13): onto the plane where the linear function of value `value` at `point`
 * and of gradient `w` is zero, and towards where `origin` would meet it, the more so the nearer the latter is; clipped to the box.
 *
 * @throws InputError for L0
 */
export function stepToPlane(
  norm: Norm,
  point: Float32Array,
  origin: Float32Array,
  w: Float32Array,
  value: number,
  { overshoot, mostBias }: BiasedStep,
): void {
  refuseL0(norm);
  if (norm === 'l1') return stepAlongLargest(point, origin, w, value, { overshoot, mostBias });
  const size = kernel.write(w, point, origin);
  kernel.reserve(LANES * size);
  kernel.run.step(size, value, norm === 'linf' ? 1 : 0, overshoot, mostBias, LEAST);
  kernel.read(point, size);
}

function refuseL0(norm: Norm): void {
  if (norm === 'l0') {
    throw new InputError('The way to a plane that changes the fewest values is not computed.', 'Use L∞, L2 or L1.');
  }
}

function stepAlongLargest(
  point: Float32Array,
  origin: Float32Array,
  w: Float32Array,
  value: number,
  { overshoot, mostBias }: BiasedStep,
): void {
  const fromPoint = new Float64Array(point.length);
  const fromOrigin = new Float64Array(point.length);
  let valueAtOrigin = value;
  for (let i = 0; i < point.length; i++) valueAtOrigin += w[i] * (origin[i] - point[i]);
  const here = Math.max(alongLargest(point, w, value, fromPoint), LEAST);
  const there = Math.max(alongLargest(origin, w, valueAtOrigin, fromOrigin), LEAST);
  const bias = Math.min(here / (here + there), mostBias);
  for (let i = 0; i < point.length; i++) {
    const own = point[i] + overshoot * fromPoint[i];
    const moved = (1 - bias) * own + bias * (origin[i] + overshoot * fromOrigin[i]);
    point[i] = Math.max(0, Math.min(1, moved));
  }
}

function alongLargest(point: Float32Array, w: Float32Array, value: number, displacement: Float64Array): number {
  const direction = value > 0 ? -1 : 1;
  const rooms = new Float64Array(point.length);
  for (let i = 0; i < rooms.length; i++) rooms[i] = roomTowards(point[i], direction * w[i]);
  fillLargest(displacement.fill(0), w, rooms, Math.abs(value));
  let distance = 0;
  for (let i = 0; i < displacement.length; i++) {
    distance += displacement[i];
    displacement[i] *= direction * Math.sign(w[i]);
  }
  return distance;
}

/**
 * Coordinates by falling |wᵢ|, each to its bound, until Σ |wᵢ|·amountᵢ = needed: a fractional knapsack, by quickselect. What is still
 * undecided lies in order[from..to).
 */
function fillLargest(amounts: Float64Array, w: Float32Array, room: Float64Array, needed: number): void {
  const order = new Uint32Array(w.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  let from = 0;
  let to = order.length;
  let left = needed;
  while (from < to && left > 0) {
    const pivot = Math.abs(w[order[(from + to) >> 1]]);
    if (pivot === 0) {
      // Only zeros may be smaller, and they contribute nothing.
      let kept = from;
      for (let j = from; j < to; j++) if (w[order[j]] !== 0) order[kept++] = order[j];
      to = kept;
      continue;
    }
    // Three parts: larger than the pivot, equal to it, smaller.
    let larger = from;
    let unseen = from;
    let smaller = to;
    let gain = 0;
    while (unseen < smaller) {
      const i = order[unseen];
      const magnitude = Math.abs(w[i]);
      if (magnitude < pivot) {
        order[unseen] = order[--smaller];
        order[smaller] = i;
      } else {
        if (magnitude > pivot) {
          order[unseen] = order[larger];
          order[larger++] = i;
          gain += magnitude * room[i];
        }
        unseen++;
      }
    }
    if (gain >= left) {
      to = larger;
      continue;
    }
    for (let j = from; j < larger; j++) amounts[order[j]] = room[order[j]];
    left -= gain;
    for (let j = larger; j < smaller && left > 0; j++) {
      const i = order[j];
      amounts[i] = Math.min(room[i], left / pivot);
      left -= pivot * amounts[i];
    }
    from = smaller;
  }
}
