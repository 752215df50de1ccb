/** Optimisers against hand-computed steps and PyTorch 2.15's float64 ones; schedules against closed forms and PyTorch's schedulers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Layout } from '../../src/training/layout.ts';
import { createOptimizer, type OptimizerPlan } from '../../src/training/optimizer.ts';
import { rateAt, type SchedulePlan } from '../../src/training/schedule.ts';

/** A matrix of three numbers that decays and a bias that does not. */
const layout: Layout = {
  parameters: [
    { name: 'weight', dims: [3, 1], start: 0, end: 3, decays: true },
    { name: 'bias', dims: [1], start: 3, end: 4, decays: false },
  ],
  statistics: [],
  parameterCount: 4,
  statisticCount: 0,
};

/** Four steps from (0.5, −1, 2; 0.3) along gradients (0.1 t, −0.2, 0.3 (−1)ᵗ⁻¹; 0.05 t) for t = 1 … 4. */
function fourSteps(plan: OptimizerPlan, rate: number, interrupted = false): Float32Array {
  const weights = Float32Array.of(0.5, -1, 2, 0.3);
  let optimizer = createOptimizer(plan, layout);
  for (let step = 1; step <= 4; step++) {
    if (interrupted) optimizer = createOptimizer(plan, layout, step === 1 ? undefined : optimizer.buffers);
    const gradient = Float32Array.of(0.1 * step, -0.2, 0.3 * (-1) ** (step - 1), 0.05 * step);
    optimizer.update(weights, gradient, rate, step);
  }
  return weights;
}

const sgd = (change: object = {}) =>
  ({ name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01, ...change }) as const;
const adamw = { name: 'adamw', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 } as const;

describe('optimisers', () => {
  // torch.optim, weight_decay of the bias 0, float64.
  test.each([
    ['SGD, Nesterov', sgd(), 0.1, [0.22743204450968696, -0.745693866199374, 1.9322084228914271, 0.16648449999999995]],
    [
      'SGD, momentum',
      sgd({ nesterov: false }),
      0.1,
      [0.31008863466049996, -0.810261289321, 1.9332464056319998, 0.20720499999999994],
    ],
    ['AdamW', adamw, 0.01, [0.4592996136489963, -0.9560659580080019, 1.9797389662490283, 0.2612378248415908]],
  ])('%s steps as PyTorch does', (_, plan, rate, expected) => {
    for (const [i, value] of fourSteps(plan, rate).entries()) expect(value).toBeCloseTo(expected[i], 6);
  });

  test('plain gradient descent by hand', () => {
    const weights = Float32Array.of(1, 0, 0, 2);
    createOptimizer(sgd({ momentum: 0, nesterov: false, weightDecay: 0.5 }), layout).update(
      weights,
      Float32Array.of(0.25, 1, 0, 4),
      0.5,
      1,
    );
    // w − η (g + λ w); the bias has no decay.
    expect([...weights]).toEqual([1 - 0.5 * (0.25 + 0.5), -0.5, 0, 0]);
  });

  test.each([['SGD', sgd()] as const, ['AdamW', adamw] as const])(
    '%s goes on from its buffers bit for bit',
    (_, plan) => {
      expect(fourSteps(plan, 0.1, true)).toEqual(fourSteps(plan, 0.1));
    },
  );
});

describe('schedules', () => {
  const rates = (schedule: SchedulePlan, steps: number) =>
    Array.from({ length: steps }, (_, step) => rateAt(schedule, step / steps));

  test('cosine: CosineAnnealingLR(T_max=8)', () => {
    const expected = [
      1, 0.9619397662556434, 0.8535533905932737, 0.6913417161825449, 0.5, 0.30865828381745514, 0.14644660940672627,
      0.03806023374435664,
    ];
    for (const [step, rate] of rates({ name: 'cosine', warmup: 0 }, 8).entries())
      expect(rate).toBeCloseTo(expected[step], 12);
  });

  test('step: MultiStepLR([3, 6], 0.1) of 8', () => {
    const schedule = { name: 'step', warmup: 0, at: [3 / 8, 6 / 8], factor: 0.1 } as const;
    for (const [step, rate] of rates(schedule, 8).entries()) expect(rate).toBeCloseTo(0.1 ** Math.floor(step / 3), 12);
  });

  test('one-cycle: straight lines as fast_adversarial interpolates them', () => {
    const expected = [0, 0.25, 0.5, 0.75, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6];
    for (const [step, rate] of rates({ name: 'one-cycle', warmup: 0, peak: 0.4 }, 10).entries())
      expect(rate).toBeCloseTo(expected[step], 12);
  });

  test('warm-up rises straight from 0, and then the schedule has its peak', () => {
    expect(rates({ name: 'constant', warmup: 0.5 }, 8)).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1, 1]);
    expect(rateAt({ name: 'cosine', warmup: 0.2 }, 0.2)).toBe(1);
    expect(rateAt({ name: 'cosine', warmup: 0.2 }, 0.6)).toBeCloseTo(0.5, 12);
  });

  test('no rate is negative or above the peak', () => {
    const share = fc.double({ min: 0, max: 0.99, noNaN: true });
    const schedules: fc.Arbitrary<SchedulePlan> = fc.oneof(
      fc.record({ name: fc.constantFrom('constant' as const, 'cosine' as const), warmup: share }),
      fc.record({
        name: fc.constant('step' as const),
        warmup: share,
        at: fc.array(share, { maxLength: 3 }),
        factor: fc.constant(0.1),
      }),
      fc.record({
        name: fc.constant('one-cycle' as const),
        warmup: fc.constant(0),
        peak: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(schedules, share, (schedule, done) => {
        const rate = rateAt(schedule, done);
        expect(rate >= 0 && rate <= 1).toBe(true);
      }),
    );
  });
});
