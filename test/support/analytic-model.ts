/** Classifiers in closed form, answering through the same door as every model, with loops fast enough for 3,072 dimensions. */
import type { HarnessOracle, HarnessQuestion } from '../../src/collect/questions.ts';
import { argmax } from '../../src/goal/index.ts';
import { lossNamed } from '../../src/loss/index.ts';
import type { Answer } from '../../src/plugin/questions.ts';
import { createRandom } from '../../src/random.ts';

export interface AnalyticModel {
  dimensions: number;
  classes: number;
  logits(point: Float32Array): Float32Array;
  /** Adds `factor` times the gradient of one logit. */
  addGradient(point: Float32Array, index: number, factor: number, sum: Float64Array): void;
}

export interface Affine extends AnalyticModel {
  /** One weight vector per class. */
  weights: Float64Array[];
  biases: number[];
}

export interface Reading {
  /** Multiplies every logit. */
  scale?: number;
  /** Added to every logit. */
  shift?: number;
  /** Rounds logits to multiples of this (a power of two), so that a shift changes no bit of any difference of logits. */
  grain?: number;
}

/** Random weights; the middle of the box is where all logits are near 0, so that random images have every label. */
export function affineModel(dimensions: number, classes: number, seed = 1): Affine {
  const random = createRandom(seed, 'affine model');
  const weights: Float64Array[] = [];
  const biases: number[] = [];
  for (let k = 0; k < classes; k++) {
    const row = new Float64Array(dimensions);
    let sum = 0;
    for (let i = 0; i < dimensions; i++) sum += row[i] = random.normal();
    weights.push(row);
    biases.push(-sum / 2);
  }
  return affineOf(weights, biases);
}

export function affineOf(weights: Float64Array[], biases: number[]): Affine {
  return {
    dimensions: weights[0].length,
    classes: weights.length,
    weights,
    biases,
    logits(point) {
      const values = new Float32Array(weights.length);
      for (let k = 0; k < weights.length; k++) {
        const row = weights[k];
        let sum = biases[k];
        for (let i = 0; i < row.length; i++) sum += row[i] * point[i];
        values[k] = sum;
      }
      return values;
    },
    addGradient(_, index, factor, sum) {
      const row = weights[index];
      for (let i = 0; i < row.length; i++) sum[i] += factor * row[i];
    },
  };
}

/** Two classes, the second outside the sphere of this radius around the centre: logits 0 and ‖x − centre‖² − radius². */
export function radialModel(centre: Float32Array, radius: number): AnalyticModel {
  return {
    dimensions: centre.length,
    classes: 2,
    logits(point) {
      let squares = 0;
      for (let i = 0; i < point.length; i++) squares += (point[i] - centre[i]) ** 2;
      return Float32Array.of(0, squares - radius * radius);
    },
    addGradient(point, index, factor, sum) {
      if (index === 0) return;
      for (let i = 0; i < point.length; i++) sum[i] += 2 * factor * (point[i] - centre[i]);
    },
  };
}

/** `seen` hears of every question, in order. */
export function oracleOf(
  model: AnalyticModel,
  { scale = 1, shift = 0, grain = 0 }: Reading = {},
  seen: (question: HarnessQuestion) => void = () => {},
): HarnessOracle {
  const read = (point: Float32Array): Float32Array => {
    const logits = model.logits(point);
    for (let k = 0; k < logits.length; k++) {
      const value = scale * logits[k];
      logits[k] = (grain > 0 ? grain * Math.round(value / grain) : value) + shift;
    }
    return logits;
  };
  const answer = (question: HarnessQuestion): Answer => {
    seen(question);
    if (question.ask !== 'gradient') {
      const scores = question.points.map(read);
      return question.ask === 'decision' ? { labels: scores.map(argmax) } : { scores };
    }
    const scores = read(question.point);
    const asked = question.losses.map(({ loss, goal }) => ({
      definition: typeof loss === 'string' ? lossNamed(loss) : loss,
      goal,
    }));
    return {
      scores,
      losses: asked.map(({ definition, goal }) => definition.value(scores, goal)),
      gradients: asked.map(({ definition, goal }) => {
        const cotangent = definition.cotangent(scores, goal);
        const sum = new Float64Array(model.dimensions);
        for (let k = 0; k < cotangent.length; k++)
          if (cotangent[k] !== 0) model.addGradient(question.point, k, scale * cotangent[k], sum);
        return new Float32Array(sum);
      }),
    };
  };
  return async (questions) => questions.map(answer);
}
