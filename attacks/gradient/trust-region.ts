/**
 * The step of Brendel & Bethge: of all δ in the box with b·δ = c and ‖δ‖₂ ≤ r, the one whose point x̃ + δ is nearest to the clean image.
 *
 * With multipliers for both constraints the problem falls apart into one problem for each coordinate (`fill`), with two numbers to find: the tilt τ,
 * in which b·δ falls, and the eagerness σ ≥ 0, from the shortest δ with b·δ = c (σ = 0) to the nearest point without a trust region.
 */
import type { Norm } from 'proofhouse/plugin';

export interface Step {
  norm: Norm;
  /** x − x̃: the way back to the clean image. */
  home: Float64Array;
  /** b: gradient of the margin at x̃. */
  slope: Float64Array;
  /** Room in the box: δ is between these. */
  low: Float64Array;
  high: Float64Array;
  /** c. */
  change: number;
  /** r. */
  radius: number;
}

const TILTS = 40;
const EAGERNESSES = 24;
/** The trust region may be left unfilled by this share of its radius, and c missed by a thousandth. */
const SLACK = 0.05;
const MISS = 1e-3;
/** Share of τ within which a jump of b·δ over c is bracketed. */
const JUMP = 1e-5;

/** δ for one σ and τ. */
function fill({ norm, home, slope, low, high }: Step, eagerness: number, tilt: number, delta: Float64Array): void {
  const { length } = delta;
  if (norm === 'l2') {
    // min ½(δ − d)²σ + ½δ² + τbδ
    const share = 1 / (1 + eagerness);
    for (let i = 0; i < length; i++) {
      delta[i] = Math.max(low[i], Math.min(high[i], share * (eagerness * home[i] - tilt * slope[i])));
    }
  } else if (norm === 'l1') {
    // min σ|δ − d| + ½δ² + τbδ: the unconstrained −τb, drawn towards d by σ.
    for (let i = 0; i < length; i++) {
      const away = -tilt * slope[i] - home[i];
      const drawn = Math.max(0, Math.abs(away) - eagerness);
      delta[i] = Math.max(low[i], Math.min(high[i], home[i] + (away > 0 ? drawn : -drawn)));
    }
  } else if (norm === 'l0') {
    // min σ[δ ≠ d] + ½δ² + τbδ: d, or the unconstrained −τb where that gains more than σ.
    for (let i = 0; i < length; i++) {
      const free = Math.max(low[i], Math.min(high[i], -tilt * slope[i]));
      const gain = home[i] * (0.5 * home[i] + tilt * slope[i]) - free * (0.5 * free + tilt * slope[i]);
      delta[i] = gain > eagerness ? free : home[i];
    }
  } else {
    // min ½δ² + τbδ with |δ − d| ≤ t, where t shrinks from the whole box as σ grows.
    const reach = 1 / (1 + eagerness);
    for (let i = 0; i < length; i++) {
      const least = Math.max(low[i], home[i] - reach);
      const most = Math.min(high[i], home[i] + reach);
      delta[i] = Math.max(least, Math.min(most, -tilt * slope[i]));
    }
  }
}

/** Finds τ with b·δ = c by bracketing and bisection, from its last value; δ errs on the side of b·δ ≥ c. False where the box does not reach c. */
function tiltTo(step: Step, eagerness: number, start: number, delta: Float64Array): { tilt: number; met: boolean } {
  const { slope, change } = step;
  let squares = 0;
  for (let i = 0; i < slope.length; i++) squares += slope[i] * slope[i];
  const missing = (tilt: number): number => {
    fill(step, eagerness, tilt, delta);
    let sum = -change;
    for (let i = 0; i < delta.length; i++) sum += slope[i] * delta[i];
    return sum;
  };
  const tolerance = MISS * Math.abs(change) + 1e-6 * step.radius * Math.sqrt(squares);
  let width = Math.max(Math.abs(change) / squares, 1e-3 * Math.abs(start), (1e-3 * step.radius) / Math.sqrt(squares));
  // over: b·δ ≥ c there; under: b·δ < c.
  let over = start;
  let under = start;
  let sum = missing(start);
  let sumOver = sum;
  let sumUnder = sum;
  if (sum >= 0 && sum <= tolerance) return { tilt: start, met: true };
  if (sum >= 0) {
    for (let i = 0; i < TILTS && sum >= 0; i++, width *= 2) {
      [over, sumOver] = [under, sum];
      under += width;
      sum = missing(under);
    }
    sumUnder = sum;
  } else {
    for (let i = 0; i < TILTS && sum < 0; i++, width *= 2) {
      [under, sumUnder] = [over, sum];
      over -= width;
      sum = missing(over);
    }
    sumOver = sum;
    if (sum < 0) return { tilt: over, met: false };
  }
  for (let i = 0; i < TILTS; i++) {
    // False position and bisection in turn: few rounds where b·δ is smooth, never many.
    const share = i % 2 === 0 ? (sumOver - tolerance / 2) / (sumOver - sumUnder) : 0.5;
    const tilt = over + (under - over) * Math.max(0.01, Math.min(0.99, share));
    sum = missing(tilt);
    if (sum >= 0 && sum <= tolerance) return { tilt, met: true };
    if (sum >= 0) [over, sumOver] = [tilt, sum];
    else [under, sumUnder] = [tilt, sum];
    // In L0 b·δ jumps over c.
    if (step.norm === 'l0' && under - over < JUMP * Math.abs(over)) break;
  }
  missing(over);
  return { tilt: over, met: true };
}

function lengthOf(delta: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < delta.length; i++) squares += delta[i] * delta[i];
  return Math.sqrt(squares);
}

/** δ, or the shortest way to b·δ = c where that is longer than r, or the box's corner where c is out of reach. */
export function trustRegionStep(step: Step): Float64Array {
  const { home, norm, radius } = step;
  let farthest = 0;
  for (let i = 0; i < home.length; i++) farthest = Math.max(farthest, Math.abs(home[i]));
  // σ has the unit of the distance's own terms beside ½δ².
  const unit = norm === 'l1' ? farthest : 1;
  let delta = new Float64Array(home.length);
  let best = new Float64Array(home.length);
  let { tilt, met } = tiltTo(step, 0, 0, best);
  if (!met || lengthOf(best) >= radius) return best;
  let low = -30;
  let high = 30;
  for (let i = 0; i < EAGERNESSES; i++) {
    const middle = i === 0 ? high : (low + high) / 2;
    const tried = tiltTo(step, unit * 2 ** middle, tilt, delta);
    const length = lengthOf(delta);
    if (tried.met && length <= radius) {
      [best, delta] = [delta, best];
      ({ tilt } = tried);
      low = middle;
      if (i === 0 || length >= (1 - SLACK) * radius) break;
    } else high = middle;
  }
  return best;
}
