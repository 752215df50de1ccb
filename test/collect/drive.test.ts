import { describe, expect, it } from 'vitest';
import fgsm from '../../attacks/gradient/fgsm.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import { drive } from '../../src/collect/drive.ts';
import { type ExamineContext, examine, type Portion } from '../../src/collect/examine.ts';
import { NotANumberError } from '../../src/collect/judging.ts';
import { called, type HarnessAsking, type HarnessOracle, type HarnessQuestion } from '../../src/collect/questions.ts';
import { argmax } from '../../src/goal/index.ts';
import type { AttackDefinition } from '../../src/plugin/attack.ts';
import { defineAttack, z } from '../../src/plugin/index.ts';
import type { Norm } from '../../src/plugin/threat.ts';
import { createRandom } from '../../src/random.ts';
import { linearModel } from '../support/linear-model.ts';

const SIDE = 6;
const DIMENSIONS = SIDE * SIDE;

function imagesFor(model: ReturnType<typeof linearModel>, count: number) {
  return Array.from({ length: count }, (_, i) => {
    const random = createRandom(i, 'image');
    // Away from the box, so that closed forms of the ball alone hold.
    const image = Float32Array.from({ length: DIMENSIONS }, () => random.uniform(0.4, 0.6));
    const logits = model.weights.map((row, k) => row.reduce((sum, w, j) => sum + w * image[j], model.biases[k]));
    return { id: `image ${String(i).padStart(3, '0')}`, label: argmax(logits), image };
  });
}

const contextOf = (
  attack: AttackDefinition,
  norm: Norm,
  epsilons: number[],
  options: object = {},
  target: 'untargeted' | 'random' = 'untargeted',
): ExamineContext => ({
  model: 'linear',
  seed: 0,
  shape: { channels: 1, height: SIDE, width: SIDE },
  series: [
    {
      attack,
      plan: {
        id: `${attack.name}:${norm}`,
        attack: attack.name,
        norm,
        epsilons: epsilons.map((value) => ({ text: String(value), value })),
        target,
        options: attack.options.parse(options),
      },
    },
  ],
});

async function run(
  context: ExamineContext,
  images: ReturnType<typeof imagesFor>,
  oracle: HarnessOracle,
  batchSize = 8,
) {
  const portions: Portion[] = [];
  const queue = [...images];
  await drive(
    async () => {
      const next = queue.shift();
      return (
        next && examine(context, next, next.image, { done: () => false, emit: (portion) => portions.push(portion) })
      );
    },
    oracle,
    { batchSize },
  );
  return portions.toSorted((a, b) => (a.example + a.part < b.example + b.part ? -1 : 1));
}

/** Exact distance to the nearest other class of an affine classifier: min over k of (z_y − z_k) / ‖w_y − w_k‖_q. */
function exactDistance(model: ReturnType<typeof linearModel>, image: Float32Array, label: number, norm: Norm): number {
  const logit = (k: number) => model.weights[k].reduce((sum, w, i) => sum + w * image[i], model.biases[k]);
  return Math.min(
    ...model.weights.flatMap((row, k) => {
      if (k === label) return [];
      const difference = Array.from(row, (w, i) => model.weights[label][i] - w);
      const dual = {
        linf: difference.reduce((sum, w) => sum + Math.abs(w), 0),
        l2: Math.hypot(...difference),
        l1: Math.max(...difference.map(Math.abs)),
        l0: Number.NaN,
      }[norm];
      return [(logit(label) - logit(k)) / dual];
    }),
  );
}

describe('collecting', () => {
  it.each(['linf', 'l2'] as const)(
    'PGD breaks an affine classifier exactly where the closed form says (%s)',
    async (norm) => {
      const model = linearModel(DIMENSIONS, 4);
      const images = imagesFor(model, 40);
      const distances = images.map(({ image, label }) => exactDistance(model, image, label, norm));
      const epsilon = [...distances].toSorted((a, b) => a - b)[20] * 1.001;
      const portions = await run(
        contextOf(pgd, norm, [epsilon], { loss: 'margin', steps: 100, 'relative-step': 0.25 }),
        images,
        model.oracle,
      );
      const rows = portions.filter(({ part }) => part !== 'clean').map((portion) => portion.rows[0]);
      for (const [i, row] of rows.entries()) {
        if (distances[i] < 0.99 * epsilon) expect(row.success).toBe(true);
        if (distances[i] > epsilon) expect(row.success).toBe(false);
      }
    },
  );

  it('gives equal rows whatever the batch size', async () => {
    const model = linearModel(DIMENSIONS, 4);
    const images = imagesFor(model, 30);
    const context = contextOf(pgd, 'linf', [0.005, 0.02, 0.05], { steps: 10 });
    const [one, many, reversed] = [
      await run(context, images, model.oracle, 1),
      await run(context, images, model.oracle, 64),
      await run(context, images.toReversed(), model.oracle, 7),
    ];
    expect(many).toEqual(one);
    expect(reversed).toEqual(one);
  });

  it('packs full batches while there is work, and asks no more than the attack needs: 20 gradients, its last point, and three judgements', async () => {
    const model = linearModel(DIMENSIONS, 4);
    await run(contextOf(pgd, 'linf', [1e-7], { steps: 20 }), imagesFor(model, 200), model.oracle, 16);
    const rows = model.batches.reduce((sum, size) => sum + size, 0);
    expect(rows).toBe(200 * (20 + 1 + 1 + 2));
    expect(rows / (16 * model.batches.length)).toBeGreaterThan(0.85);
  });

  it('re-attacks only what smaller ε left standing, and spends nothing on clean errors', async () => {
    const model = linearModel(DIMENSIONS, 4);
    const images = imagesFor(model, 30);
    images[0].label = (images[0].label + 1) % 4;
    const portions = await run(contextOf(pgd, 'linf', [0.01, 0.5], { steps: 5 }), images, model.oracle);
    for (const { rows } of portions.filter(({ part }) => part === 'pgd:linf')) {
      const [small, large] = rows;
      if (small.success) expect(large).toMatchObject({ success: true, queries: { gradient: 0, score: 0 } });
      if (small.success && small.queries.gradient > 0) expect(large.carriedFrom).toBe('pgd:linf:0.01');
    }
    const wrong = portions.find(({ example, part }) => example === images[0].id && part === 'pgd:linf');
    expect(wrong?.rows[0]).toMatchObject({ success: true, distances: { linf: 0 }, queries: { gradient: 0, score: 0 } });
  });

  it('counts queries by kind: FGSM asks one gradient', async () => {
    const model = linearModel(DIMENSIONS, 3);
    const portions = await run(contextOf(fgsm, 'linf', [0.001]), imagesFor(model, 3), model.oracle);
    const attacked = portions.filter(({ part }) => part !== 'clean');
    for (const { rows } of attacked) expect(rows[0].queries).toEqual({ gradient: 1, score: 0, decision: 0 });
  });

  it('reaches a target other than the true class', async () => {
    const model = linearModel(DIMENSIONS, 4);
    const images = imagesFor(model, 10);
    const portions = await run(contextOf(pgd, 'linf', [0.5], { steps: 30 }, 'random'), images, model.oracle);
    for (const { rows } of portions.filter(({ part }) => part !== 'clean')) {
      expect(rows[0].success).toBe(true);
      expect(rows[0].prediction).not.toBe(rows[0].label);
    }
  });

  it('repairs a point outside the threat before judging it, and says so', async () => {
    const model = linearModel(DIMENSIONS, 3);
    const cheat = defineAttack({
      name: 'cheat',
      title: 'Leaves the ball',
      reference: 'none',
      access: 'none',
      threats: ['linf'],
      options: z.strictObject({}),
      *attack({ image }) {
        return image.map((value) => value + 0.3);
      },
    });
    const portions = await run(contextOf(cheat, 'linf', [0.1]), imagesFor(model, 2), model.oracle);
    const [row] = portions.filter(({ part }) => part !== 'clean').map((portion) => portion.rows[0]);
    expect(row.violation).toBeCloseTo(0.2, 5);
    expect(row.distances?.linf).toBeLessThanOrEqual(0.1);
  });

  it('runs a minimal-norm attack once and fills the whole ε curve', async () => {
    const model = linearModel(DIMENSIONS, 3);
    const nearest = defineAttack({
      name: 'closed-form',
      title: 'Steps straight over the nearest boundary',
      reference: 'none',
      access: 'gradient',
      threats: ['l2'],
      budget: 'minimal-norm',
      options: z.strictObject({}),
      *attack({ image, label, gradientOf, cleanScores }) {
        let best = image.slice();
        let least = Number.POSITIVE_INFINITY;
        for (let target = 0; target < cleanScores.length; target++) {
          if (target === label) continue;
          const { gradient, loss } = yield* gradientOf(image, 'logit-difference', {
            kind: 'reach',
            target,
            from: label,
          });
          const norm = Math.hypot(...gradient);
          if (-loss / norm >= least) continue;
          least = -loss / norm;
          best = image.map((value, i) => value + (1.001 * -loss * gradient[i]) / norm ** 2);
        }
        return best;
      },
    });
    const images = imagesFor(model, 20);
    const portions = await run(contextOf(nearest, 'l2', [0.01, 0.1, 1]), images, model.oracle);
    for (const [i, { rows }] of portions.filter(({ part }) => part !== 'clean').entries()) {
      const distance = exactDistance(model, images[i].image, images[i].label, 'l2');
      expect(rows.map(({ success }) => success)).toEqual([0.01, 0.1, 1].map((epsilon) => distance * 1.001 <= epsilon));
      expect(rows[0].queries.gradient).toBe(2);
      expect(rows[1].queries.gradient).toBe(0);
    }
  });

  it('names the example whose logits are not numbers', async () => {
    const model = linearModel(DIMENSIONS, 3);
    const broken: HarnessOracle = async (questions) =>
      (await model.oracle(questions)).map((answer) =>
        'scores' in answer && Array.isArray(answer.scores)
          ? { scores: answer.scores.map((row) => row.map(() => Number.NaN)) }
          : answer,
      );
    await expect(run(contextOf(fgsm, 'linf', [0.1]), imagesFor(model, 1), broken)).rejects.toThrow(NotANumberError);
  });
});

describe('a called generator', () => {
  const asked: HarnessQuestion = { ask: 'scores', points: [new Float32Array(1)] };
  const answer = { scores: [Float32Array.of(7)] };
  const driven = async (generator: HarnessAsking<void>) => {
    let next: typeof generator | undefined = generator;
    const questions: HarnessQuestion[] = [];
    const oracle: HarnessOracle = async (given) => {
      questions.push(...given);
      return given.map(() => answer);
    };
    await drive(
      async () => {
        const one = next;
        next = undefined;
        return one;
      },
      oracle,
      { batchSize: 4 },
    );
    return questions.length;
  };

  it('asks in the place of its caller, and hands its result over', async () => {
    const results: unknown[] = [];
    function* inner(times: number): HarnessAsking<number> {
      for (let i = 0; i < times; i++) results.push(yield asked);
      return times > 0 ? 1 + (yield* called(inner(times - 1))) : 0;
    }
    function* outer(): HarnessAsking<void> {
      results.push(yield* called(inner(2)));
      results.push(yield asked);
    }
    expect(await driven(outer())).toBe(4);
    expect(results).toEqual([answer, answer, answer, 2, answer]);
  });

  it('fails into its caller, which may go on', async () => {
    const met: unknown[] = [];
    function* failing(): HarnessAsking<void> {
      yield asked;
      throw new Error('of the inner one');
    }
    function* outer(): HarnessAsking<void> {
      try {
        yield* called(called(failing()));
      } catch (error) {
        met.push(error);
      } finally {
        met.push('cleared');
      }
      yield asked;
    }
    expect(await driven(outer())).toBe(2);
    expect(met).toEqual([new Error('of the inner one'), 'cleared']);
    await expect(driven(failing())).rejects.toThrow('of the inner one');
  });
});
