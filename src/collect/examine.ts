/**
 * Everything that is asked about one example of one model, as one generator: the clean judgement, then each attack over
 * its ε. An attack proposes; here the proposal is checked against the threat, repaired if need be, and judged afresh
 * on the file as shipped, as it is and rounded to 8 bits.
 */
import type { SeriesPlan } from '../config/plan.ts';
import { achieves, argmax } from '../goal/index.ts';
import type { AttackDefinition, AttackExample, ImageShape } from '../plugin/attack.ts';
import type { Goal } from '../plugin/goal.ts';
import type { ExampleRow, OutcomeRow } from '../plugin/outcome.ts';
import type { DecisionAnswer, GradientAnswer, QueryCount, ScoresAnswer } from '../plugin/questions.ts';
import type { Threat } from '../plugin/threat.ts';
import { createRandom } from '../random.ts';
import { distances } from '../threat/box.ts';
import { roundToEightBit } from '../threat/eight-bit.ts';
import { threatAround } from '../threat/index.ts';
import type { HarnessAsking, HarnessQuestion } from './questions.ts';

/** A series of the plan with the plugin that carries it out. */
export interface Series {
  plan: SeriesPlan;
  attack: AttackDefinition;
}

export interface ExamineContext {
  model: string;
  series: readonly Series[];
  seed: number;
  shape: ImageShape;
}

/** Rows of one example that become known together: 'clean', or one series. */
export interface Portion {
  example: string;
  /** 'clean' or a series id. */
  part: string;
  rows: OutcomeRow[];
}

export interface ExamineHooks {
  /** Parts that an earlier run already finished. */
  done(part: string): boolean;
  emit(portion: Portion): void;
  /** Shows each judged point; used to draw the gallery. */
  observe?: ((evaluation: string, point: Float32Array, row: OutcomeRow) => void) | undefined;
}

/** Scores are kept whole up to this many classes; beyond, rows carry the prediction and its confidence only. */
const MOST_SCORES = 100;

const noQueries = (): QueryCount => ({ gradient: 0, score: 0, decision: 0 });

export const evaluationId = (series: SeriesPlan, epsilonText: string): string => `${series.id}:${epsilonText}`;

/** Logits that are not numbers; told apart so that all such examples can be listed together. */
export class NotANumberError extends Error {
  readonly example: string;
  readonly model: string;
  constructor(example: string, model: string) {
    super(`The model '${model}' answers '${example}' with logits that are not finite numbers.`);
    this.example = example;
    this.model = model;
  }
}

export function* examine(
  context: ExamineContext,
  example: Pick<ExampleRow, 'id' | 'label'>,
  image: Float32Array,
  hooks: ExamineHooks,
): HarnessAsking<void> {
  const judge = function* (points: Float32Array[]): HarnessAsking<Float32Array[]> {
    const { scores } = (yield { ask: 'judge', points }) as ScoresAnswer;
    if (scores.some((row) => !row.every(Number.isFinite))) throw new NotANumberError(example.id, context.model);
    return scores;
  };
  const describe = (evaluation: string, scores: Float32Array, success: boolean) => ({
    model: context.model,
    example: example.id,
    evaluation,
    label: example.label,
    prediction: argmax(scores),
    confidence: rounded(confidence(scores)),
    scores: scores.length <= MOST_SCORES ? Array.from(scores, rounded) : [],
    success,
  });

  const pending = context.series.filter(({ plan }) => !hooks.done(plan.id));
  if (pending.length === 0 && hooks.done('clean')) return;
  const [cleanScores] = yield* judge([image]);
  const misclassified = argmax(cleanScores) !== example.label;
  const cleanRow: OutcomeRow = {
    ...describe('clean', cleanScores, misclassified),
    survives8bit: misclassified,
    queries: noQueries(),
  };
  if (!hooks.done('clean')) hooks.emit({ example: example.id, part: 'clean', rows: [cleanRow] });
  hooks.observe?.('clean', image, cleanRow);

  for (const { plan, attack } of pending) {
    const goal = goalFor(
      plan,
      example.label,
      cleanScores,
      createRandom(context.seed, plan.id, example.id, 'target').integer,
    );
    const rows: OutcomeRow[] = [];
    const carry = (evaluation: string, from: OutcomeRow, point: Float32Array) => {
      const row = { ...from, evaluation, queries: noQueries(), carriedFrom: from.carriedFrom ?? from.evaluation };
      rows.push(row);
      hooks.observe?.(evaluation, point, row);
    };
    const attackAt = function* (
      goal: Goal,
      evaluation: string,
      threat: Threat,
    ): HarnessAsking<{ row: OutcomeRow; point: Float32Array }> {
      const queries = noQueries();
      const proposal = yield* counting(
        attack.attack(
          {
            ...asking(goal),
            image,
            shape: context.shape,
            label: example.label,
            classes: cleanScores.length,
            cleanScores,
            threat,
            goal,
            random: createRandom(context.seed, evaluation, example.id, 'attack'),
            stop: 'success',
          },
          plan.options,
        ),
        queries,
      );
      const { point, violation } = repaired(proposal, image, threat);
      const rounded8 = roundToEightBit(image, point, threat);
      const [scores, scores8] = yield* judge([point, rounded8]);
      const success = achieves(argmax(scores), goal);
      const row: OutcomeRow = {
        ...describe(evaluation, scores, success),
        survives8bit: success && achieves(argmax(scores8), goal),
        distances: distances(point, image),
        queries,
        ...(violation !== undefined && { violation }),
      };
      return { row, point };
    };

    /** The row of a point that fell at a smaller ε. A wider ball leaves more room to round to 8 bits. */
    const carriedTo = function* (
      epsilon: number,
      { row, point }: { row: OutcomeRow; point: Float32Array },
    ): HarnessAsking<OutcomeRow> {
      if (row.survives8bit || goal === undefined) return row;
      const [scores] = yield* judge([roundToEightBit(image, point, threatAround(image, plan.norm, epsilon))]);
      return { ...row, survives8bit: achieves(argmax(scores), goal) };
    };

    if (misclassified || goal === undefined) {
      // A clean error is a success at distance 0; an image that already has the target class cannot be moved to it.
      for (const { text } of plan.epsilons) {
        rows.push({ ...cleanRow, evaluation: evaluationId(plan, text), distances: distances(image, image) });
      }
    } else if (attack.budget === 'minimal-norm') {
      const first = evaluationId(plan, plan.epsilons[0].text);
      const found = yield* attackAt(goal, first, threatAround(image, plan.norm, Number.POSITIVE_INFINITY));
      for (const [index, { text, value }] of plan.epsilons.entries()) {
        const evaluation = evaluationId(plan, text);
        const within = found.row.success && (found.row.distances as Record<string, number>)[plan.norm] <= value + 1e-6;
        const row: OutcomeRow = {
          ...(within
            ? found.row
            : { ...cleanRow, distances: found.row.distances as NonNullable<OutcomeRow['distances']> }),
          evaluation,
          queries: index === 0 ? found.row.queries : noQueries(),
          ...(index > 0 && { carriedFrom: first }),
        };
        rows.push(row);
        hooks.observe?.(evaluation, within ? found.point : image, row);
      }
    } else {
      let fallen: { row: OutcomeRow; point: Float32Array } | undefined;
      for (const { text, value } of plan.epsilons) {
        const evaluation = evaluationId(plan, text);
        if (fallen !== undefined) {
          carry(evaluation, yield* carriedTo(value, fallen), fallen.point);
          continue;
        }
        const outcome = yield* attackAt(goal, evaluation, threatAround(image, plan.norm, value));
        rows.push(outcome.row);
        hooks.observe?.(evaluation, outcome.point, outcome.row);
        if (outcome.row.success) fallen = outcome;
      }
    }
    hooks.emit({ example: example.id, part: plan.id, rows });
  }
}

/** What the attack is to achieve; undefined when the image already has the target class. */
function goalFor(
  plan: SeriesPlan,
  label: number,
  cleanScores: Float32Array,
  draw: (bound: number) => number,
): Goal | undefined {
  if (plan.target === 'untargeted') return { kind: 'leave', classes: [label] };
  let target: number;
  if (plan.target === 'least-likely') target = argmax(cleanScores.map((score) => -score));
  else if (plan.target === 'random') {
    target = draw(cleanScores.length - 1);
    if (target >= label) target++;
  } else target = plan.target.class;
  return target === label ? undefined : { kind: 'reach', target, from: label };
}

/** The questions of an attack, bound to its goal. */
function asking(goal: Goal): Pick<AttackExample, 'gradientOf' | 'scoresOf' | 'decisionOf'> {
  return {
    *gradientOf(point, loss, other = goal) {
      const answer = (yield { ask: 'gradient', point, losses: [{ loss, goal: other }] }) as GradientAnswer;
      const { scores } = answer;
      return {
        gradient: answer.gradients[0],
        loss: answer.losses[0],
        scores,
        achieved: achieves(argmax(scores), goal),
      };
    },
    *scoresOf(point) {
      const { scores } = (yield { ask: 'scores', points: [point] }) as ScoresAnswer;
      return { scores: scores[0], achieved: achieves(argmax(scores[0]), goal) };
    },
    *decisionOf(point) {
      const { labels } = (yield { ask: 'decision', points: [point] }) as DecisionAnswer;
      return { label: labels[0], achieved: achieves(labels[0], goal) };
    },
  };
}

/** Passes an attack's questions on and counts them by kind. */
function* counting<T>(attack: HarnessAsking<T>, queries: QueryCount): HarnessAsking<T> {
  let step = attack.next(undefined as never);
  while (!step.done) {
    const question: HarnessQuestion = step.value;
    if (question.ask === 'gradient') queries.gradient += question.losses.length;
    else if (question.ask === 'decision') queries.decision += question.points.length;
    else queries.score += question.points.length;
    step = attack.next(yield question);
  }
  return step.value;
}

/** The proposal itself if it is in the threat, else its projection and how far the repair moved it (L∞). */
function repaired(
  proposal: Float32Array,
  image: Float32Array,
  threat: Threat,
): { point: Float32Array; violation?: number } {
  if (!(proposal instanceof Float32Array) || proposal.length !== image.length) {
    throw new TypeError(`an attack must return a Float32Array of ${image.length} values`);
  }
  if (threat.contains(proposal)) return { point: proposal };
  const finite = proposal.map((value, i) => (Number.isFinite(value) ? value : image[i]));
  const point = finite.slice();
  threat.project(point);
  return { point, violation: distances(point, finite).linf };
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
