/** Attacks made to fail in known ways, seen from outside on a linear model. */
import { describe, expect, it } from 'vitest';
import { drive } from '../../src/collect/drive.ts';
import { examine } from '../../src/collect/examine.ts';
import type { HarnessOracle } from '../../src/collect/questions.ts';
import { partsFor } from '../../src/collect/subsample.ts';
import { type AttackDefinition, defineAttack, type OutcomeRow, z } from '../../src/plugin/index.ts';
import type { GradientAnswer, ScoresAnswer } from '../../src/plugin/questions.ts';
import { createRandom } from '../../src/random.ts';
import { linearModel } from '../support/linear-model.ts';

const DIMENSIONS = 16;
const linear = linearModel(DIMENSIONS, 3);
const image = new Float32Array(DIMENSIONS).fill(0.5);
const logits = linear.weights.map((row, k) =>
  row.reduce((sum, weight, i) => sum + weight * image[i], linear.biases[k]),
);
const label = logits.indexOf(Math.max(...logits));

const made = (attack: AttackDefinition['attack']) =>
  defineAttack({
    name: 'made',
    title: 'Made to fail',
    reference: 'none',
    access: 'gradient',
    threats: ['linf'],
    options: z.strictObject({}),
    attack,
  });

async function rows(
  attack: AttackDefinition,
  epsilon: number,
  oracle: HarnessOracle = linear.oracle,
  modelProbe?: { gradient: boolean },
): Promise<OutcomeRow[]> {
  const emitted: OutcomeRow[] = [];
  const plan = {
    id: 'made:linf',
    attack: 'made',
    norm: 'linf' as const,
    epsilons: [{ text: 'e', value: epsilon }],
    target: 'untargeted' as const,
    options: {},
  };
  const shape = { channels: 1, height: 4, width: 4 };
  const context = { model: 'm', seed: 0, shape, series: [{ attack, plan }], ...(modelProbe && { modelProbe }) };
  const generators = [
    examine(context, { id: 'x', label }, image, {
      done: () => false,
      emit: (portion) => emitted.push(...portion.rows),
    }),
  ];
  await drive(async () => generators.pop(), oracle, { batchSize: 8 });
  return emitted;
}
const traceOf = async (attack: AttackDefinition, epsilon: number, oracle?: HarnessOracle) =>
  (await rows(attack, epsilon, oracle)).at(-1)?.trace;

/** A copy of the image, moved. */
function moved(ascend: (point: Float32Array) => void): Float32Array {
  const point = image.slice();
  ascend(point);
  return point;
}

describe('watching an attack', () => {
  it('sees a success that is passed over', async () => {
    const forgetful = made(function* ({ image: clean, threat, gradientOf, scoresOf }) {
      const { gradient } = yield* gradientOf(clean, 'margin');
      const point = moved((copy) => threat.ascend(copy, gradient, threat.epsilon));
      yield* scoresOf(point);
      return clean.slice();
    });
    expect(await traceOf(forgetful, 0.5)).toEqual({ passedOver: true });
  });

  it('does not count a success outside the threat', async () => {
    const cheating = made(function* ({ image: clean, threat, gradientOf, scoresOf }) {
      const { gradient } = yield* gradientOf(clean, 'margin');
      yield* scoresOf(moved((copy) => threat.within(0.5).ascend(copy, gradient, 0.5)));
      return clean.slice();
    });
    expect(await traceOf(cheating, 1e-6)).toBeUndefined();
  });

  it('tells a graph that disagrees with the shipped file from a success passed over', async () => {
    // Everything but the judgement is of a model that calls the image another class.
    const disagreeing: HarnessOracle = async (questions) =>
      (await linear.oracle(questions)).map((answer, i) => {
        const { ask } = questions[i];
        if (ask === 'judge') return answer;
        const flip = (row: Float32Array) => row.map((score) => -score);
        if (ask === 'gradient')
          return { ...(answer as GradientAnswer), scores: flip((answer as GradientAnswer).scores) };
        return { scores: (answer as ScoresAnswer).scores.map(flip) };
      });
    const trusting = made(function* ({ image: clean, scoresOf }) {
      const { achieved } = yield* scoresOf(clean);
      expect(achieved).toBe(true);
      return clean.slice();
    });
    expect(await traceOf(trusting, 1e-6, disagreeing)).toEqual({ disagreed: true });
  });

  it('counts gradients that are zero or not finite', async () => {
    const broken =
      (value: number): HarnessOracle =>
      async (questions) =>
        (await linear.oracle(questions)).map((answer, i) =>
          questions[i].ask === 'gradient'
            ? { ...(answer as GradientAnswer), gradients: [new Float32Array(DIMENSIONS).fill(value)] }
            : answer,
        );
    const twice = made(function* ({ image: clean, gradientOf }) {
      yield* gradientOf(clean, 'margin');
      yield* gradientOf(clean, 'margin');
      return clean.slice();
    });
    expect(await traceOf(twice, 1e-6, broken(0))).toEqual({ zeroGradients: 2 });
    expect(await traceOf(twice, 1e-6, broken(Number.NaN))).toEqual({ nonFiniteGradients: 2 });
    expect(await traceOf(twice, 1e-6, broken(Number.POSITIVE_INFINITY))).toEqual({ nonFiniteGradients: 2 });
    expect(await traceOf(twice, 1e-6)).toBeUndefined();
  });

  it('measures how far the loss still rises: by 9 of 39 equal steps at a constant pace, by none once it has stopped', async () => {
    // The margin of a linear model grows in proportion to the step along its gradient.
    const paced = (moving: number) =>
      made(function* ({ image: clean, threat, gradientOf }) {
        const point = clean.slice();
        for (let i = 0; i < 40; i++) {
          const { gradient } = yield* gradientOf(point, 'margin');
          if (i < moving) threat.within(0.5).ascend(point, gradient, 1e-4);
        }
        return clean.slice();
      });
    expect((await traceOf(paced(40), 1e-3))?.lateProgress).toBeCloseTo(9 / 39, 2);
    expect((await traceOf(paced(20), 1e-3))?.lateProgress).toBe(0);
  });
});

describe('asking the model itself', () => {
  const idle = made(function* ({ image: clean }) {
    return clean.slice();
  });
  const probeOf = async (oracle: HarnessOracle, gradient = true) =>
    (await rows(idle, 0.1, oracle, { gradient })).find(({ probe }) => probe !== undefined)?.probe;

  it('finds a linear model deterministic, of logits, and its gradient its own', async () => {
    const probe = await probeOf(linear.oracle);
    expect(probe).toMatchObject({ repeatDistance: 0, repeatsAgree: true, probabilities: false });
    expect(probe?.gradientError).toBeLessThan(1e-3);
    expect((await probeOf(linear.oracle, false))?.gradientError).toBeNull();
  });

  it('finds noise in the answers', async () => {
    const random = createRandom('noise');
    const noisy: HarnessOracle = async (questions) =>
      (await linear.oracle(questions)).map((answer, i) =>
        questions[i].ask === 'judge'
          ? { scores: (answer as ScoresAnswer).scores.map((row) => row.map((score) => score + 0.01 * random.normal())) }
          : answer,
      );
    expect((await probeOf(noisy))?.repeatDistance).toBeGreaterThan(1e-4);
  });

  it('finds a gradient of half its length wrong', async () => {
    const halved: HarnessOracle = async (questions) =>
      (await linear.oracle(questions)).map((answer, i) =>
        questions[i].ask === 'gradient'
          ? {
              ...(answer as GradientAnswer),
              gradients: (answer as GradientAnswer).gradients.map((one) => one.map((value) => value / 2)),
            }
          : answer,
      );
    // |g·s − g·s/2| / ‖g/2‖ = |g·s| / ‖g‖ for the direction s.
    expect((await probeOf(halved))?.gradientError).toBeGreaterThan(0.05);
  });
});

it('a smaller part of the examples lies inside a larger one, and depends on the seed', () => {
  const examples = Array.from({ length: 100 }, (_, i) => ({ id: `image ${i}` }));
  const plan = (id: string, subsample?: number) => ({
    id,
    attack: 'made',
    norm: 'linf' as const,
    epsilons: [],
    target: 'untargeted' as const,
    options: {},
    ...(subsample !== undefined && { subsample }),
  });
  const chosen = (seed: number) => {
    const series = [plan('all'), plan('some', 30), plan('few', 10), plan('more', 1000)];
    const { wanted } = partsFor({ series, modelProbe: { examples: 5 }, dataset: { examples }, seed });
    return (part: string) => examples.map(({ id }) => id).filter((id) => wanted(id).includes(part));
  };
  const parts = chosen(1);
  expect(['all', 'some', 'few', 'more', 'model-probe'].map((part) => parts(part).length)).toEqual([
    100, 30, 10, 100, 5,
  ]);
  expect(parts('some')).toEqual(expect.arrayContaining(parts('few')));
  expect(chosen(2)('some')).not.toEqual(parts('some'));
});
