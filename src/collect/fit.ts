/**
 * What an attack learns from one half of the data: its generator yields lists of questions, which the scheduler packs into batches
 * as it does any others. The attack composes its own mini-batches, so that no result depends on the engine's.
 */
import { InputError } from '../errors.ts';
import { achieves, argmax } from '../goal/index.ts';
import type { ImageShape } from '../plugin/attack.ts';
import type { FitContext, FitExample } from '../plugin/fit.ts';
import type { MadeOn } from '../plugin/outcome.ts';
import type { Answer, GradientAnswer, Question, ScoresAnswer } from '../plugin/questions.ts';
import { createRandom } from '../random.ts';
import { threatAround } from '../threat/index.ts';
import { count } from './attempt.ts';
import { type DriveOptions, drive } from './drive.ts';
import type { Half } from './halves.ts';
import { noQueries } from './judging.ts';
import type { HarnessAsking, HarnessOracle } from './questions.ts';
import { evaluationId, goalsFor, type Series } from './series.ts';

/** What came of it, as plain data: for the examples of the other half. */
export interface Fitted {
  evaluation: string;
  values: Float32Array;
  madeOn: MadeOn;
}

export interface FitJob {
  series: Series;
  epsilon: Series['plan']['epsilons'][number];
  half: Half;
  /** Of that half. */
  examples: readonly { id: string; label: number; image: Float32Array }[];
  shape: ImageShape;
  seed: number;
}

/** @throws InputError when there is nothing to learn from */
export async function fit(job: FitJob, oracle: HarnessOracle, options: DriveOptions): Promise<Fitted> {
  const { series, epsilon, half } = job;
  const { attack, plan } = series;
  const evaluation = evaluationId(plan, epsilon.text);
  const queries = noQueries();
  const ask = (questions: readonly Question[]): Promise<Answer[]> => {
    for (const question of questions) count(question, queries);
    return answersTo(questions, oracle, options);
  };
  const examples = await learnable(job, ask);
  if (examples.length === 0)
    throw new InputError(
      `${evaluation}: in one half of the images there is none that is not of the target class, so that nothing can be made on it.`,
      'Give images of other classes too, or another target.',
    );
  const fitting = attack.fit?.(contextOf(job, evaluation, examples), plan.options);
  let step = fitting?.next([]);
  while (step?.done === false) step = fitting?.next(await ask(step.value));
  const values: unknown = step?.value;
  if (!(values instanceof Float32Array) || !values.every(Number.isFinite))
    throw new Error(`the attack '${attack.name}' failed: fit must return a Float32Array of finite values`);
  return { evaluation, values, madeOn: { half, examples: examples.length, queries } };
}

/** Those that can be moved; of them those that the model gets right, or all where it gets none right. */
async function learnable(
  { series: { plan }, examples, seed }: FitJob,
  ask: (questions: readonly Question[]) => Promise<Answer[]>,
): Promise<FitExample[]> {
  const of = plan.surrogate === undefined ? {} : { model: plan.surrogate };
  const answers = await ask(examples.map(({ image }) => ({ ask: 'scores', points: [image], ...of })));
  const movable = examples.flatMap((example, i): FitExample[] => {
    const [cleanScores] = (answers[i] as ScoresAnswer).scores;
    const [goal] = goalsFor(plan, { example }, cleanScores, seed);
    return goal !== undefined && cleanScores.every(Number.isFinite)
      ? [{ image: example.image, label: example.label, cleanScores, goal }]
      : [];
  });
  const right = movable.filter(({ cleanScores, label }) => argmax(cleanScores) === label);
  return right.length > 0 ? right : movable;
}

function contextOf(
  { series: { plan }, epsilon, half, shape, seed }: FitJob,
  evaluation: string,
  examples: readonly FitExample[],
): FitContext {
  const of = plan.surrogate === undefined ? {} : { model: plan.surrogate };
  return {
    examples,
    shape,
    classes: examples[0].cleanScores.length,
    threatAround: (image) => threatAround(image, plan.norm, epsilon.value, shape),
    random: createRandom(seed, evaluation, half, 'fit'),
    *gradientsOf(points, loss) {
      const answers = yield points.map(({ point, goal }) => ({
        ask: 'gradient',
        point,
        losses: [{ loss, goal }],
        ...of,
      }));
      return (answers as GradientAnswer[]).map(({ gradients, losses, scores }, i) => ({
        gradient: gradients[0],
        loss: losses[0],
        scores,
        achieved: achieves(argmax(scores), points[i].goal),
      }));
    },
  };
}

/** Answers in the order of the questions. */
async function answersTo(
  questions: readonly Question[],
  oracle: HarnessOracle,
  options: DriveOptions,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const asked = function* (index: number): HarnessAsking<void> {
    answers[index] = yield questions[index];
  };
  await drive(async () => (next < questions.length ? asked(next++) : undefined), oracle, options);
  return answers;
}
