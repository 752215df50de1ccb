/** What the loop does for objectives, by hand: perturbed weights, weights of groups, replayed perturbations, the guard. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { learntNothing } from '../../src/training/ending.ts';
import {
  equalWeights,
  exampleWeights,
  type Groups,
  groupsOf,
  updatedWeights,
} from '../../src/training/group-weights.ts';
import { earlyEnd, heldOutOf } from '../../src/training/guard.ts';
import { layoutOf } from '../../src/training/layout.ts';
import { trainableNetwork } from '../../src/training/network.ts';
import { buildNetwork } from '../../src/training/networks/index.ts';
import { ascendPerturbations, flat, replayed, spread } from '../../src/training/replay.ts';
import { perturbed } from '../../src/training/weight-perturbation.ts';
import { Draw } from '../gradient/harness.ts';

const norm = (values: Float32Array) => Math.hypot(...values);

describe('adversarial weight perturbation', () => {
  const layout = layoutOf(trainableNetwork(buildNetwork('small-cnn', { channels: 3, classes: 3, seed: 2 })));
  const draw = new Draw(5);
  const normals = () => Float32Array.from({ length: layout.parameterCount }, () => draw.normal());

  test('each kernel moves by γ of its norm along its gradient; biases and normalisations stay', () => {
    const [weights, gradient] = [normals(), normals()];
    const moved = perturbed(weights, gradient, layout, 0.01);
    for (const { start, end, dims } of layout.parameters) {
      const step = moved.slice(start, end).map((value, i) => value - weights[start + i]);
      if (dims.length === 1) {
        expect(norm(step)).toBe(0);
        continue;
      }
      const [w, g] = [weights.subarray(start, end), gradient.subarray(start, end)];
      expect(norm(step) / norm(w)).toBeCloseTo(0.01, 4);
      const cosine = step.reduce((sum, value, i) => sum + value * g[i], 0) / (norm(step) * norm(g));
      expect(cosine).toBeGreaterThan(0.9999);
    }
  });

  test('a gradient of zero moves nothing', () => {
    const weights = normals();
    expect(perturbed(weights, new Float32Array(weights.length), layout, 0.01)).toEqual(weights);
  });
});

describe('weights of groups', () => {
  const groups: Groups = { names: ['a', 'b', 'c'], of: [0, 0, 1, 1, 1, 2], rate: 0.1 };

  test('q exp(η loss) over its sum, by hand', () => {
    // Mean losses: a 2, b 1; the batch has no c.
    const q = updatedWeights(groups, equalWeights(groups), [0, 1, 2, 4], [1, 3, 0.5, 1.5]);
    const [a, b, c] = [Math.exp(0.2), Math.exp(0.1), 1];
    for (const [place, grown] of [a, b, c].entries()) expect(q[place]).toBeCloseTo(grown / (a + b + c), 6);
  });

  test('examples of a group share its weight', () => {
    expect(exampleWeights(groups, Float32Array.of(0.5, 0.25, 0.25), [0, 2, 4, 5])).toEqual([0.5, 0.125, 0.125, 0.25]);
  });

  test('they stay a distribution whatever the losses are, and order groups as their losses do', () => {
    const losses = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(losses, fc.double({ min: 1e-3, max: 10, noNaN: true }), (each, rate) => {
        const q = updatedWeights({ ...groups, rate }, equalWeights(groups), [0, 2, 5], each);
        expect(q.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        for (const i of [0, 1, 2])
          for (const j of [0, 1, 2]) if (each[i] >= each[j]) expect(q[i]).toBeGreaterThanOrEqual(q[j]);
      }),
    );
  });

  const rows = [
    { id: 'one', label: 0, groups: { tone: 'dark' } },
    { id: 'two', label: 1, groups: { tone: 'light' } },
    { id: 'three', label: 1, groups: { tone: 'dark' } },
    { id: 'four', label: 1, groups: {} },
  ];
  const of = { column: 'tone', by: 'subgroup' as const, rate: 0.01 };
  const data = { training: [0, 1, 2], columns: ['tone'], classes: ['no', 'yes'] };

  test('groups are the subgroups of a column, or the classes within them', () => {
    expect(groupsOf(of, rows, data)).toEqual({ names: ['dark', 'light'], of: [0, 1, 0, -1], rate: 0.01 });
    const apart = groupsOf({ ...of, by: 'subgroup-and-class' }, rows, data);
    expect(apart.names).toEqual(['dark · no', 'dark · yes', 'light · yes']);
    expect(apart.of).toEqual([0, 2, 1, -1]);
  });

  test('an image without a value is refused by name, unless it is not trained on', () => {
    expect(() => groupsOf(of, rows, { ...data, training: [0, 3] })).toThrow(
      /1 of the 2 images .* has no value .* "tone", .* "four"/,
    );
    expect(() => groupsOf(of, rows, { ...data, columns: [] })).toThrow(/"tone".*\n.*data\.groups/);
  });
});

describe('replayed perturbations', () => {
  test('δ ← clamp(δ + ε sign ∇, ±ε); where the pixel left the box δ stays', () => {
    const image = Float32Array.of(0.5, 0.5, 0.5, 0.99, 0.01);
    const perturbations = Float32Array.of(0, 0.02, -0.02, 0.02, -0.02);
    ascendPerturbations(perturbations, [image], Float32Array.of(3, 1, 0, -1, 1), 0.03);
    expect([...perturbations]).toEqual([0.03, 0.03, -0.02, 0.02, -0.02].map(Math.fround));
    expect([...replayed([image], perturbations)[0]].map((value) => Number(value.toFixed(4)))).toEqual([
      0.53, 0.53, 0.48, 1, 0,
    ]);
  });

  test('they never leave their ball', () => {
    const floats = (min: number, max: number) =>
      fc.array(fc.float({ min: Math.fround(min), max: Math.fround(max), noNaN: true }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(floats(0, 1), fc.array(floats(-1, 1), { maxLength: 5 }), (pixels, gradients) => {
        const image = Float32Array.from(pixels);
        const perturbations = new Float32Array(4);
        for (const gradient of gradients) ascendPerturbations(perturbations, [image], Float32Array.from(gradient), 0.1);
        for (const delta of perturbations) expect(Math.abs(delta)).toBeLessThanOrEqual(Math.fround(0.1));
        for (const pixel of replayed([image], perturbations)[0]) {
          expect(pixel).toBeGreaterThanOrEqual(0);
          expect(pixel).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('a checkpoint’s flat array gives each portion its own back', () => {
    const portions = [1, 2].map(() => new SharedArrayBuffer(8));
    spread(Float32Array.of(1, 2, 3, 4), portions);
    expect(portions.map((portion) => [...new Float32Array(portion)])).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([...flat(portions)]).toEqual([1, 2, 3, 4]);
  });
});

describe('the guard', () => {
  const curve = (...shares: number[]) => shares.map((robustAccuracy) => ({ robustAccuracy, trainAccuracy: [0.3] }));
  const heldOut = { examples: 500, constant: 0.1 };
  const collapsed = (...shares: number[]) => earlyEnd(curve(...shares), 0, heldOut, { collapse: 0.5 })?.reason;

  test('fires where robust accuracy is below its share of the best epoch’s, in one epoch or in several', () => {
    const last = { reason: 'collapse', epoch: 3, from: 0.44, to: 0.01 };
    expect(earlyEnd(curve(0.3, 0.42, 0.44, 0.01), 2, heldOut, { collapse: 0.5 })).toEqual(last);
    expect(collapsed(0.44, 0.3, 0.21)).toBe('collapse');
    expect(collapsed(0.44, 0.3, 0.23)).toBeUndefined();
    expect(collapsed(0.19, 0)).toBe('collapse');
    expect(collapsed()).toBeUndefined();
    expect(earlyEnd(curve(0.44, 0.01), 0, heldOut, {})).toBeUndefined();
  });

  test('leaves alone what a constant answer gives: a network that begins to learn loses it', () => {
    expect(collapsed(0.1, 0.02)).toBeUndefined();
    const twoClasses = { examples: 500, constant: 0.5 };
    expect(earlyEnd(curve(0.5, 0.2), 0, twoClasses, { collapse: 0.5 })).toBeUndefined();
    expect(earlyEnd(curve(0.7, 0.2), 0, twoClasses, { collapse: 0.5 })?.reason).toBe('collapse');
  });

  test('fires where training shows that its own attack is learnt, though it never was robust', () => {
    const learnt = (trainAccuracy: number) =>
      earlyEnd([...curve(0.1), { robustAccuracy: 0.02, trainAccuracy: [0.9, trainAccuracy] }], 0, heldOut, {
        collapse: 0.5,
      });
    expect(learnt(0.56)?.reason).toBe('collapse');
    expect(learnt(0.54)).toBeUndefined();
  });

  test('leaves alone what chance can take from few images', () => {
    const few = { examples: 20, constant: 0.1 };
    // 9 of 20 and 4 of 20: Fisher's exact test gives 0.18.
    expect(earlyEnd(curve(0.45, 0.2), 0, few, { collapse: 0.5 })).toBeUndefined();
    expect(earlyEnd(curve(0.75, 0), 0, few, { collapse: 0.5 })?.reason).toBe('collapse');
  });

  test('a held-out part knows how far one answer to everything comes', () => {
    expect(heldOutOf([2, 0, 2, 1, 2])).toEqual({ examples: 5, constant: 0.6 });
  });

  test('patience counts epochs since the best', () => {
    expect(earlyEnd(curve(0.3, 0.2, 0.2), 0, heldOut, { patience: 2 })).toEqual({ reason: 'patience', epochs: 2 });
    expect(earlyEnd(curve(0.3, 0.2), 0, heldOut, { patience: 2 })).toBeUndefined();
  });
});

describe('a training that has learnt nothing', () => {
  const heldOut = { examples: 20, constant: 0.5 };

  test('is told so, with both figures', () => {
    expect(learntNothing({ epoch: 3, cleanAccuracy: 0.5 }, heldOut)[0]).toMatch(
      /50\.0 %, epoch 3.*most frequent class \(50\.0 %\)/,
    );
    expect(learntNothing({ epoch: 3, cleanAccuracy: 0.55 }, heldOut)).toEqual([]);
  });
});
