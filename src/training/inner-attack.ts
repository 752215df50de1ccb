/** The inner maximisation: the plugin that audits, driven on one image after another through the network as it stands, in evaluation mode. */
import { asking } from '../collect/asking.ts';
import { InputError } from '../errors.ts';
import { lossNamed } from '../loss/index.ts';
import type { AttackDefinition, AttackExample, ImageShape } from '../plugin/attack.ts';
import type { Goal } from '../plugin/goal.ts';
import type { LossDefinition } from '../plugin/loss.ts';
import type { InnerAttack } from '../plugin/objective.ts';
import type { Asking, ScoresAnswer } from '../plugin/questions.ts';
import { quote } from '../quote.ts';
import { createRandom } from '../random.ts';
import { threatAround } from '../threat/index.ts';

export interface Inner {
  plan: InnerAttack;
  definition: AttackDefinition;
  /** Parsed by the attack's own schema. */
  options: unknown;
}

export interface InnerExample {
  image: Float32Array;
  label: number;
  shape: ImageShape;
  /** Number of logits. */
  classes: number;
  /** What the attack's randomness is for: seed, epoch and example. */
  key: readonly (string | number)[];
  /** 'budget' in training, 'success' in evaluation. */
  stop: 'success' | 'budget';
}

/** @returns a point inside the threat */
export function* strengthened({ plan, definition, options }: Inner, example: InnerExample): Asking<Float32Array> {
  const { image, label, shape, classes, key, stop } = example;
  const goal: Goal = { kind: 'leave', classes: [label] };
  const divergence = plan.ascend === 'divergence';
  let scores: Float32Array | undefined;
  if (divergence || definition.readsCleanScores !== false)
    [scores] = ((yield { ask: 'scores', points: [image] }) as ScoresAnswer).scores;
  const threat = threatAround(image, plan.norm, plan.epsilon);
  const random = createRandom(...key, 'attack');
  let start = image;
  if (plan.noise !== undefined) {
    const noise = random.fork('noise');
    const deviation = plan.noise;
    start = image.map((value) => value + deviation * noise.normal());
    threat.project(start);
  }
  const given: AttackExample = {
    ...asking(goal, divergence && scores ? { instead: divergenceFrom(scores) } : {}),
    image: start,
    shape,
    label,
    classes,
    get cleanScores() {
      if (scores !== undefined) return scores;
      throw new InputError(
        `The attack ${quote(definition.name)} reads cleanScores, and declares readsCleanScores: false.`,
        'Leave that declaration out of its definition.',
      );
    },
    threat,
    goal,
    random,
    stop,
  };
  const point = yield* definition.attack(given, options);
  if (!threat.contains(point)) threat.project(point);
  return point;
}

/** KL(p ‖ softmax z) up to a constant is the cross-entropy with labels p: the same gradient, softmax z − p. */
function divergenceFrom(cleanScores: Float32Array): LossDefinition {
  const largest = cleanScores.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const exponentials = cleanScores.map((value) => Math.exp(value - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  const labels = exponentials.map((value) => value / total);
  const crossEntropy = lossNamed('cross-entropy');
  return {
    ...crossEntropy,
    value(logits) {
      const top = logits.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
      const normaliser = top + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - top), 0));
      return labels.reduce((sum, share, i) => sum + share * (normaliser - logits[i]), 0);
    },
    ...(crossEntropy.graph && { graph: { ...crossEntropy.graph, encode: () => [labels] } }),
  };
}
