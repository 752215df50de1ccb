/** The shortest way to a plane inside the pixel box. For L∞ and L2 in WebAssembly: a fast boundary attack asks it twice for each gradient. */
import { InputError } from '../errors.ts';
import type { Norm } from '../plugin/threat.ts';
import { roomTowards } from './box.ts';
import { Kernel, padded } from './kernel.ts';
import { bytes } from './plane.wasm.ts';

const kernel = new Kernel<{ displace(length: number, value: number, flat: number): number }>(bytes);

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
  if (norm === 'l0') {
    throw new InputError('The way to a plane that changes the fewest values is not computed.', 'Use L∞, L2 or L1.');
  }
  if (norm === 'l1') return alongLargest(point, w, value, displacement);
  const { length } = point;
  const lanes = padded(length);
  const memory = kernel.reserve(32 * lanes);
  const vectors = new Float32Array(memory, 0, 2 * lanes);
  vectors.set(point);
  vectors.set(w, lanes);
  // Where w is 0 nothing counts.
  vectors.fill(0, lanes + length);
  const distance = kernel.run.displace(4 * lanes, value, norm === 'linf' ? 1 : 0);
  displacement.set(new Float64Array(memory, 16 * lanes, length));
  return distance;
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
