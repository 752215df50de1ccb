/** Judging points on the file as shipped, and the rows that come of it. */
import { argmax } from '../goal/index.ts';
import type { ExampleRow, OutcomeRow } from '../plugin/outcome.ts';
import type { QueryCount, ScoresAnswer } from '../plugin/questions.ts';
import type { HarnessAsking } from './questions.ts';

/** One example of one model. */
export interface Subject {
  model: string;
  example: Pick<ExampleRow, 'id' | 'label'>;
  /** Clean image, planar, in [0, 1]. */
  image: Float32Array;
}

/** A row and the point it is about. */
export interface Judged {
  row: OutcomeRow;
  point: Float32Array;
}

/** Logits that are not numbers; told apart so that all such examples can be listed together. */
export class NotANumberError extends Error {
  constructor({ model, example }: Subject) {
    super(`The model '${model}' answers '${example.id}' with logits that are not finite numbers.`);
  }
}

export const noQueries = (): QueryCount => ({ gradient: 0, score: 0, decision: 0 });

/** Adds to `total`, in place. */
export function addQueries(total: QueryCount, more: QueryCount): void {
  total.gradient += more.gradient;
  total.score += more.score;
  total.decision += more.decision;
}

/**
 * Logits of each point, by the shipped file.
 *
 * @throws NotANumberError
 */
export function* judge(subject: Subject, points: Float32Array[]): HarnessAsking<Float32Array[]> {
  const { scores } = (yield { ask: 'judge', points }) as ScoresAnswer;
  if (scores.some((row) => !row.every(Number.isFinite))) throw new NotANumberError(subject);
  return scores;
}

/** Scores are kept whole up to this many classes; beyond, rows carry the prediction and its confidence only. */
const MOST_SCORES = 100;

/** What every row says of its point's logits. */
export const describe = ({ model, example }: Subject, evaluation: string, scores: Float32Array) => ({
  model,
  example: example.id,
  evaluation,
  label: example.label,
  prediction: argmax(scores),
  confidence: rounded(confidence(scores)),
  scores: scores.length <= MOST_SCORES ? Array.from(scores, rounded) : [],
});

/** The clean image's own row: success is a misclassification, at no cost. */
export function* judgeClean(subject: Subject): HarnessAsking<{ row: OutcomeRow; scores: Float32Array }> {
  const [scores] = yield* judge(subject, [subject.image]);
  const success = argmax(scores) !== subject.example.label;
  return {
    row: { ...describe(subject, 'clean', scores), success, survives8bit: success, queries: noQueries() },
    scores,
  };
}

/** Nine significant digits identify a float32 and keep the rows short. */
const rounded = (value: number): number => Number(value.toPrecision(9));

/** Softmax probability of the largest logit. */
function confidence(scores: Float32Array): number {
  const top = scores[argmax(scores)];
  let sum = 0;
  for (const score of scores) sum += Math.exp(score - top);
  return 1 / sum;
}
