/** A linear classifier in plain float64 arithmetic, answering through the same door as every model: the oracle of closed forms. */
import { type HarnessOracle, type HarnessQuestion, rowsOf } from '../../src/collect/questions.ts';
import { argmax } from '../../src/goal/index.ts';
import { lossNamed } from '../../src/loss/index.ts';
import type { Answer } from '../../src/plugin/questions.ts';
import { createRandom } from '../../src/random.ts';

export interface LinearModel {
  /** One weight vector per class. */
  weights: Float64Array[];
  biases: number[];
  oracle: HarnessOracle;
  /** Rows of each batch that was asked for, in order. */
  batches: number[];
}

export function linearModel(dimensions: number, classes: number, seed = 1): LinearModel {
  const random = createRandom(seed, 'linear model');
  const weights = Array.from({ length: classes }, () =>
    Float64Array.from({ length: dimensions }, () => random.normal()),
  );
  const biases = weights.map((row) => -row.reduce((sum, w) => sum + 0.5 * w, 0));
  const batches: number[] = [];
  const logitsOf = (point: Float32Array) =>
    Float32Array.from(weights, (row, k) => row.reduce((sum, w, i) => sum + w * point[i], biases[k]));
  const answer = (question: HarnessQuestion): Answer => {
    if (question.ask === 'gradient') {
      const scores = logitsOf(question.point);
      const losses = question.losses.map(({ loss, goal }) => ({
        definition: typeof loss === 'string' ? lossNamed(loss) : loss,
        goal,
      }));
      return {
        scores,
        losses: losses.map(({ definition, goal }) => definition.value(scores, goal)),
        gradients: losses.map(({ definition, goal }) => {
          const cotangent = definition.cotangent(scores, goal);
          return Float32Array.from({ length: dimensions }, (_, i) =>
            weights.reduce((sum, row, k) => sum + cotangent[k] * row[i], 0),
          );
        }),
      };
    }
    const scores = question.points.map(logitsOf);
    return question.ask === 'decision' ? { labels: scores.map(argmax) } : { scores };
  };
  return {
    weights,
    biases,
    batches,
    oracle: async (questions) => {
      batches.push(questions.reduce((sum, question) => sum + rowsOf(question), 0));
      return questions.map(answer);
    },
  };
}
