/**
 * Questions to the model itself, at one example and beside any attack: does it answer alike, are its outputs logits, is it smooth,
 * is the derived gradient its own? Checks that attacks on it can be believed.
 */
import { argmax } from '../goal/index.ts';
import { MODEL_PROBE, type ModelProbe, type OutcomeRow } from '../plugin/outcome.ts';
import type { Random } from '../plugin/random.ts';
import { createRandom } from '../random.ts';
import { checkGradient } from './gradient-check.ts';
import { judge, noQueries, type Subject } from './judging.ts';
import type { HarnessAsking } from './questions.ts';

const REPEATS = 5;
const DRAWS = 100;
/** Points of one question; an image can be large. */
const AT_ONCE = 10;
/** Half the noise's width: Indicators of Attack Failure draw from U(−ρ/2, ρ/2), ρ = 8/255. */
const NOISE = 4 / 255;

export function* probeModel(
  subject: Subject,
  clean: OutcomeRow,
  hasGradient: boolean,
  seed: number,
): HarnessAsking<OutcomeRow> {
  const random = createRandom(seed, subject.example.id, MODEL_PROBE);
  const passes: Float32Array[] = [];
  // One question a pass: rows of one batch could share their noise.
  for (let i = 0; i < REPEATS; i++) passes.push(...(yield* judge(subject, [subject.image])));
  const probe: ModelProbe = {
    repeatDistance: largestDistance(passes.map(normalised)),
    repeatsAgree: new Set(passes.map(argmax)).size === 1,
    probabilities: areProbabilities(passes[0]),
    margin: short(marginOf(passes[0], subject.example.label)),
    marginChange: short(yield* marginChange(subject, passes[0], random.fork('noise'))),
    gradientError: hasGradient
      ? short((yield* checkGradient(subject, passes[0].length, random.fork('gradient'))).error)
      : null,
  };
  return { ...clean, evaluation: MODEL_PROBE, queries: noQueries(), probe };
}

const short = (value: number): number => Number(value.toPrecision(6));

function normalised(scores: Float32Array): Float64Array {
  let squares = 0;
  for (const score of scores) squares += score * score;
  const length = Math.sqrt(squares) + 1e-10;
  return Float64Array.from(scores, (score) => score / length);
}

function largestDistance(rows: readonly Float64Array[]): number {
  let largest = 0;
  for (const [i, a] of rows.entries()) {
    for (const b of rows.slice(i + 1)) {
      let squares = 0;
      for (let k = 0; k < a.length; k++) squares += (a[k] - b[k]) ** 2;
      largest = Math.max(largest, Math.sqrt(squares));
    }
  }
  return short(largest);
}

/** AutoAttack's tolerances. */
function areProbabilities(scores: Float32Array): boolean {
  let total = 0;
  for (const score of scores) {
    if (score <= -1e-5 || score >= 1 + 1e-5) return false;
    total += score;
  }
  return Math.abs(total - 1) < 1e-5;
}

function marginOf(scores: Float32Array, label: number): number {
  let other = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < scores.length; k++) if (k !== label) other = Math.max(other, scores[k]);
  return scores[label] - other;
}

/** Of the margin and not of the cross-entropy, which is nearly 0 where a model is confident: there any change of it is relatively huge. */
function* marginChange(subject: Subject, clean: Float32Array, random: Random): HarnessAsking<number> {
  const { image, example } = subject;
  const margin = marginOf(clean, example.label);
  let total = 0;
  for (let drawn = 0; drawn < DRAWS; drawn += AT_ONCE) {
    const points = Array.from({ length: AT_ONCE }, () => {
      const point = image.slice();
      for (let i = 0; i < point.length; i++) point[i] += random.uniform(-NOISE, NOISE);
      return point;
    });
    for (const scores of yield* judge(subject, points)) total += Math.abs(margin - marginOf(scores, example.label));
  }
  return total / DRAWS;
}
