/** The Square attack's search for L2 and L1: smooth bumps, and mass that moves from one window to another. */
import type { AttackExample, Random } from 'proofhouse/plugin';
import { fillBall } from '../fill-ball.ts';
import { type Search, startOf } from './square-window.ts';

const TINY = 1e-12;

/**
 * η of the paper: two pyramids of opposite sign, one above the other, of norm 1. A pixel at Chebyshev distance m from its pyramid's
 * centre has the height Σ 1/jᵉ over j from m + 1 to n + 1, with e = 2 for L2 and 4 for L1.
 */
export function bump(side: number, power: 1 | 2): Float64Array {
  const exponent = power === 2 ? 2 : 4;
  const values = new Float64Array(side * side);
  const upper = side >> 1;
  for (const [top, rows, sign] of [
    [0, upper, 1],
    [upper, side - upper, -1],
  ]) {
    const n = Math.max(rows >> 1, side >> 1);
    const heights = new Float64Array(n + 2);
    for (let m = n; m >= 0; m--) heights[m] = heights[m + 1] + 1 / (m + 1) ** exponent;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < side; x++) {
        const distance = Math.max(Math.abs(y - (rows >> 1)), Math.abs(x - (side >> 1)));
        values[(top + y) * side + x] = sign * heights[distance];
      }
    }
  }
  let total = 0;
  for (const value of values) total += Math.abs(value) ** power;
  const norm = power === 2 ? Math.sqrt(total) : total;
  return values.map((value) => value / norm);
}

/** The bump or its transpose, at random. */
function turned(shape: Float64Array, side: number, random: Random): Float64Array {
  if (random.uniform() < 0.5) return shape;
  return shape.map((_, i) => shape[(i % side) * side + Math.floor(i / side)]);
}

/** An odd side of at least 3 where the image has room for one. */
function oddSide(share: number, height: number, width: number): number {
  const most = Math.min(height, width);
  const side = Math.max(3, Math.round(Math.sqrt(share * height * width))) | 1;
  return side <= most ? side : most - 1 + (most % 2);
}

/**
 * Unlike the official code, which scales to ε and then clips to the box, a candidate always has the norm ε after clipping.
 */
export function bumps({ image, shape: { channels, height, width }, threat, random }: AttackExample): Search {
  const power = threat.norm === 'l2' ? 2 : 1;
  const { epsilon } = threat;
  const size = power === 2 ? (value: number) => value * value : Math.abs;
  const root = power === 2 ? Math.sqrt : (value: number) => value;
  const delta = new Float64Array(image.length);
  const changed = new Float64Array(image.length);
  const candidate = new Float32Array(image.length);
  const best = new Float32Array(image.length);
  const shapes = new Map<number, Float64Array>();
  const bumpOf = (side: number): Float64Array => {
    const known = shapes.get(side) ?? bump(side, power);
    shapes.set(side, known);
    return known;
  };

  // A grid of five by five bumps (more where the image is longer), centred.
  const tile = Math.max(Math.floor(Math.min(height, width) / 5), Math.min(3, height, width));
  for (let y = (height % tile) >> 1; y + tile <= height; y += tile) {
    for (let x = (width % tile) >> 1; x + tile <= width; x += tile) {
      const shape = turned(bumpOf(tile), tile, random);
      for (let c = 0; c < channels; c++) {
        const sign = random.sign();
        for (let i = 0; i < shape.length; i++) {
          changed[(c * height + y + Math.floor(i / tile)) * width + x + (i % tile)] = sign * shape[i];
        }
      }
    }
  }
  fillBall(image, changed, epsilon, power, candidate);

  /** Moves the mass of both windows of one channel, and its share of what ε has left, into a new shape in the first. */
  const rewrite = (
    c: number,
    first: [number, number],
    second: [number, number],
    side: number,
    shape: Float64Array,
    spare: number,
  ): void => {
    const index = ([top, left]: [number, number], i: number) =>
      (c * height + top + Math.floor(i / side)) * width + left + (i % side);
    let inFirst = 0;
    for (let i = 0; i < shape.length; i++) inFirst += size(changed[index(first, i)]);
    const norm = root(inFirst) + TINY;
    const sign = random.sign();
    const fresh = shape.map((value, i) => sign * value + changed[index(first, i)] / norm);
    let freshSize = 0;
    for (let i = 0; i < shape.length; i++) {
      freshSize += size(fresh[i]);
      changed[index(first, i)] = 0;
    }
    // What the windows share has just been counted and cleared.
    let inSecond = 0;
    for (let i = 0; i < shape.length; i++) {
      const at = index(second, i);
      inSecond += size(changed[at]);
      changed[at] = 0;
    }
    const scale = root(spare / channels + inFirst + inSecond) / (root(freshSize) + TINY);
    for (let i = 0; i < shape.length; i++) changed[index(first, i)] = fresh[i] * scale;
  };

  return {
    candidate,
    propose(share) {
      const side = oddSide(share, height, width);
      const place = (): [number, number] => [startOf(height, side, random), startOf(width, side, random)];
      const first = place();
      const second = place();
      const shape = turned(bumpOf(side), side, random);
      changed.set(delta);
      let total = 0;
      for (let i = 0; i < delta.length; i++) total += size(delta[i]);
      const spare = Math.max(0, size(epsilon) - total);
      for (let c = 0; c < channels; c++) rewrite(c, first, second, side, shape, spare);
      fillBall(image, changed, epsilon, power, candidate);
    },
    accept() {
      delta.set(changed);
      best.set(candidate);
    },
    reject() {
      candidate.set(best);
    },
  };
}
