/** `target: all`: every other class is a target, on affine models where what each of them costs is known. */
import { describe, expect, it } from 'vitest';
import fab from '../../attacks/gradient/fab.ts';
import fgsm from '../../attacks/gradient/fgsm.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import type { Norm } from '../../src/plugin/threat.ts';
import { affineModel, oracleOf } from '../support/analytic-model.ts';
import { type AttackRun, noiseImages, runAttack } from '../support/attack-run.ts';
import { exactDistance } from '../support/exact-distance.ts';

const CLASSES = 5;
const shape = { channels: 3, height: 8, width: 8 };
const model = affineModel(192, CLASSES);
const images = noiseImages(model, 6);
const run = (given: Omit<AttackRun, 'shape'>, on = images) => runAttack({ ...given, shape }, on, oracleOf(model));

const othersOf = (label: number) => Array.from({ length: CLASSES }, (_, k) => k).filter((k) => k !== label);
const likeliestOf = ({ image, label }: (typeof images)[number]) => {
  const logits = model.logits(image);
  return othersOf(label).toSorted((a, b) => logits[b] - logits[a])[0];
};

describe('a minimal-norm attack', () => {
  it.each(['linf', 'l2', 'l1'] as Norm[])('finds the nearest of all targets (%s)', async (norm) => {
    const results = await run({ attack: fab, norm, epsilons: [1e9], target: 'all' });
    for (const [i, { row }] of results.entries()) {
      const exact = exactDistance(model, images[i].image, images[i].label, norm);
      expect(row.success).toBe(true);
      expect((row.distances?.[norm] as number) / exact).toBeGreaterThan(1 - 1e-4);
      expect((row.distances?.[norm] as number) / exact).toBeLessThan(1.01);
    }
  });

  it('counts what every target cost', async () => {
    const [one] = images;
    const alone = await Promise.all(
      othersOf(one.label).map((target) =>
        run({ attack: fab, norm: 'l2', epsilons: [1e9], target: { class: target } }, [one]),
      ),
    );
    const [{ row }] = await run({ attack: fab, norm: 'l2', epsilons: [1e9], target: 'all' }, [one]);
    const sum = (kind: 'gradient' | 'score') => alone.reduce((total, [only]) => total + only.row.queries[kind], 0);
    expect(row.queries).toEqual({ gradient: sum('gradient'), score: sum('score'), decision: 0 });
  });
});

describe('a fixed-ε attack', () => {
  it('tries the likeliest class first and stops at the first success', async () => {
    for (const one of images) {
      const target = likeliestOf(one);
      const [alone] = await run({ attack: fgsm, norm: 'l2', epsilons: [5], target: { class: target } }, [one]);
      const [all] = await run({ attack: fgsm, norm: 'l2', epsilons: [5], target: 'all' }, [one]);
      expect(all.row).toMatchObject({ success: true, prediction: target });
      expect(all.row).toEqual(alone.row);
    }
  });

  it('tries them all where none is within reach, and again at the next ε', async () => {
    const results = await run({
      attack: pgd,
      norm: 'linf',
      epsilons: [1e-6, 2e-6],
      target: 'all',
      options: { steps: 3 },
    });
    expect(results).toHaveLength(2 * images.length);
    for (const { row } of results)
      expect(row).toMatchObject({ success: false, queries: { gradient: 3 * (CLASSES - 1), score: CLASSES - 1 } });
  });

  it('fells what any target fells, and carries it to larger ε', async () => {
    const epsilons = [0.01, 0.02, 0.05];
    const options = { steps: 60, loss: 'margin' };
    const all = await run({ attack: pgd, norm: 'l2', epsilons: epsilons.map((e) => 5 * e), target: 'all', options });
    for (const [i, { row }] of all.entries()) {
      const { image, label } = images[Math.floor(i / epsilons.length)];
      const ratio = exactDistance(model, image, label, 'l2') / (5 * epsilons[i % epsilons.length]);
      if (Math.abs(ratio - 1) > 0.02) expect(row.success).toBe(ratio < 1);
    }
    const carried = all.filter(({ row }) => row.carriedFrom !== undefined);
    expect(carried.length).toBeGreaterThan(0);
    for (const { row } of carried) expect(row).toMatchObject({ success: true, queries: { gradient: 0, score: 0 } });
  });
});

it('does not depend on the batch', async () => {
  const given = { attack: pgd, norm: 'linf' as const, epsilons: [1e-3], target: 'all' as const, options: { steps: 2 } };
  const rows = await run({ ...given, batchSize: 1 });
  expect(await run({ ...given, batchSize: 16 })).toEqual(rows);
});

it('asks nothing about an image that is misclassified', async () => {
  const wrong = { ...images[0], label: othersOf(images[0].label)[0] };
  const [{ row }] = await run({ attack: pgd, norm: 'linf', epsilons: [0.1], target: 'all' }, [wrong]);
  expect(row).toMatchObject({ success: true, distances: { linf: 0 }, queries: { gradient: 0, score: 0, decision: 0 } });
});
