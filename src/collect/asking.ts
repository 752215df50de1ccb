/** An attack's questions as generators: what it asks, and what it makes of the answers. */
import { achieves, argmax } from '../goal/index.ts';
import { lossNamed } from '../loss/index.ts';
import type { AttackExample } from '../plugin/attack.ts';
import type { Goal } from '../plugin/goal.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import type { DecisionAnswer, GradientAnswer, GradientQuestion, ScoresAnswer } from '../plugin/questions.ts';

type Questions = 'gradientOf' | 'gradientsOf' | 'scoresOf' | 'scoresOfAll' | 'decisionOf' | 'decisionsOf' | 'lossOf';

export interface AskingOptions {
  /** Model that is asked; absent: the audited one. */
  model?: string | undefined;
  /** A loss that is ascended in place of whichever the attack names. */
  instead?: LossDefinition;
}

/** The questions of an attack, bound to its goal and to the model it is made on. */
export function asking(goal: Goal, { model, instead }: AskingOptions = {}): Pick<AttackExample, Questions> {
  const of = model === undefined ? {} : { model };
  const chosen = (loss: string | LossDefinition) => instead ?? loss;
  const judged = (scores: Float32Array) => ({ scores, achieved: achieves(argmax(scores), goal) });
  const gradientQuestion = (point: Float32Array, losses: GradientQuestion['losses']): GradientQuestion => ({
    ask: 'gradient',
    point,
    losses: losses.map(({ loss, goal: other }) => ({ loss: chosen(loss), goal: other })),
    ...of,
  });
  const asks: Pick<AttackExample, Questions> = {
    *gradientsOf(point, losses) {
      const answer = (yield gradientQuestion(point, losses)) as GradientAnswer;
      const { gradients, losses: values, scores } = answer;
      return { gradients, losses: values, ...judged(scores) };
    },
    *gradientOf(point, loss, other = goal) {
      const { gradients, losses, scores } = (yield gradientQuestion(point, [{ loss, goal: other }])) as GradientAnswer;
      return { gradient: gradients[0], loss: losses[0], ...judged(scores) };
    },
    *scoresOfAll(points) {
      const { scores } = (yield { ask: 'scores', points, ...of }) as ScoresAnswer;
      return scores.map(judged);
    },
    *scoresOf(point) {
      const { scores } = (yield { ask: 'scores', points: [point], ...of }) as ScoresAnswer;
      return judged(scores[0]);
    },
    *decisionsOf(points) {
      const { labels } = (yield { ask: 'decision', points, ...of }) as DecisionAnswer;
      return labels.map((label) => ({ label, achieved: achieves(label, goal) }));
    },
    *decisionOf(point) {
      return (yield* asks.decisionsOf([point]))[0];
    },
    lossOf(scores, loss, other = goal) {
      const definition = chosen(loss);
      return (typeof definition === 'string' ? lossNamed(definition) : definition).value(scores, other);
    },
  };
  return asks;
}
