/** Attacks are answered and judged by sessions that differ in their last bits: what ends on the boundary itself must not be lost by that. */
import { expect, it } from 'vitest';
import { z } from 'zod';
import boundary from '../../attacks/decision/boundary.ts';
import hopSkipJump from '../../attacks/decision/hop-skip-jump.ts';
import ddn from '../../attacks/gradient/ddn.ts';
import fmn from '../../attacks/gradient/fmn.ts';
import type { HarnessOracle } from '../../src/collect/questions.ts';
import { type AttackDefinition, defineAttack } from '../../src/plugin/index.ts';
import { affineOf, oracleOf } from '../support/analytic-model.ts';
import { type LabelledImage, runAttack } from '../support/attack-run.ts';

const shape = { channels: 1, height: 4, width: 4 };
/** Class 1 leads where the mean pixel exceeds a half, by the answers; by the judgements it must exceed it by `late` more. */
const model = (late = 0) => affineOf([new Float64Array(16), new Float64Array(16).fill(1 / 16)], [0, -0.5 - late]);
const late = (by: number): HarnessOracle => {
  const [answers, judgements] = [oracleOf(model()), oracleOf(model(by))];
  return (questions) => (questions[0].ask === 'judge' ? judgements : answers)(questions);
};
const image: LabelledImage = { id: 'a', label: 0, image: new Float32Array(16).fill(0.3) };

/** Returns the point of the boundary right above the image. */
const exact = (budget: 'fixed-epsilon' | 'minimal-norm') =>
  defineAttack<unknown>({
    name: 'exact',
    title: 'Exact',
    reference: 'none',
    access: 'none',
    threats: ['l2'],
    budget,
    options: z.strictObject({}),
    *attack({ image: given }) {
      return given.map(() => 0.500_000_1);
    },
  });
const found = async (attack: AttackDefinition, by: number, options = {}) => {
  const given = { attack, norm: 'l2' as const, epsilons: [10], options, shape };
  return (await runAttack(given, [image], late(by)))[0].row;
};

// The distance of the boundary is 4 · 0.2, in L2 over 16 pixels.
it.each([1e-6, 1e-5, 1e-4])('a point that falls back by %f is taken that little further', async (by) => {
  const row = await found(exact('minimal-norm'), by);
  expect(row.success).toBe(true);
  expect(row.violation).toBeUndefined();
  expect(row.distances?.l2).toBeGreaterThan(0.8 + 4 * by);
  expect(row.distances?.l2).toBeLessThan(0.8 * 1.0011);
});

it('but not one that lacks more than a thousandth, nor an attack at a given ε', async () => {
  expect(await found(exact('minimal-norm'), 1e-3)).toMatchObject({ success: false, prediction: 0 });
  expect(await found(exact('fixed-epsilon'), 1e-5)).toMatchObject({ success: false, prediction: 0 });
});

const walkers: [AttackDefinition, object][] = [
  [boundary, { steps: 300 }],
  [hopSkipJump, { iterations: 8 }],
  [ddn, {}],
  [fmn, {}],
];
it.each(walkers.map(([attack, options]) => [attack.name, attack, options] as const))(
  '%s, which walks on the boundary, keeps what it found',
  async (_, attack, options) => {
    expect((await found(attack, 1e-5, options)).success).toBe(true);
  },
);
