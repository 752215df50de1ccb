/**
 * Questions to the model itself, at one example and beside any attack: does it answer alike, are its outputs logits, is it smooth,
 * is the derived gradient its own? Checks that attacks on it can be believed.
 */
import { argmax } from '../goal/index.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import { MODEL_PROBE, type ModelProbe, type OutcomeRow } from '../plugin/outcome.ts';
import type { GradientAnswer } from '../plugin/questions.ts';
import type { Random } from '../plugin/random.ts';
import { createRandom } from '../random.ts';
import { judge, noQueries, type Subject } from './judging.ts';
import type { HarnessAsking } from './questions.ts';

const REPEATS = 5;
const DRAWS = 100;
/** Points of one question; an image can be large. */
const AT_ONCE = 10;
/** Half the noise's width: Indicators of Attack Failure draw from U(−ρ/2, ρ/2), ρ = 8/255. */
const NOISE = 4 / 255;
/** Of every pixel, up and down: a long step meets the kinks of ReLUs, a short one the rounding of float32; one comes near the gradient. */
const STEPS = [2 ** -10, 2 ** -12, 2 ** -14];

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
    gradientError: hasGradient ? short(yield* gradientError(subject, passes[0].length, random.fork('gradient'))) : null,
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

function dot(a: Float32Array, b: Float32Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

/** At a random image, where no max-pool ties: flat backgrounds of real ones have them. */
function* gradientError(subject: Subject, classes: number, random: Random): HarnessAsking<number> {
  const point = new Float32Array(subject.image.length);
  const signs = new Float32Array(point.length);
  for (let i = 0; i < point.length; i++) {
    point[i] = random.uniform(STEPS[0], 1 - STEPS[0]);
    signs[i] = random.sign();
  }
  // A linear loss: no softmax to saturate, and no kink of its own.
  const weights = new Float32Array(classes);
  for (let k = 0; k < classes; k++) weights[k] = random.sign();
  const loss: LossDefinition = {
    name: 'random combination of logits',
    title: 'Random combination of logits',
    reference: 'none',
    minimumClasses: 1,
    value: (logits) => dot(logits, weights),
    cotangent: () => weights,
  };
  const moved = (by: number) => {
    const other = point.slice();
    for (let i = 0; i < other.length; i++) other[i] += by * signs[i];
    return other;
  };
  const scores = yield* judge(
    subject,
    STEPS.flatMap((step) => [moved(step), moved(-step)]),
  );
  const goal = { kind: 'leave', classes: [subject.example.label] } as const;
  const { gradients } = (yield { ask: 'gradient', point, losses: [{ loss, goal }] }) as GradientAnswer;
  const expected = dot(gradients[0], signs);
  const length = Math.sqrt(dot(gradients[0], gradients[0]));
  const off = STEPS.map((step, i) =>
    Math.abs((dot(scores[2 * i], weights) - dot(scores[2 * i + 1], weights)) / (2 * step) - expected),
  );
  const least = Math.min(...off);
  // A gradient of zero beside a slope is wholly wrong; beside none it agrees.
  return length === 0 ? (least === 0 ? 0 : 1) : least / length;
}
