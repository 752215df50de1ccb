/** What an inner attack asks of the network: its own questions, and clean scores only where something reads them. */
import { describe, expect, test } from 'vitest';
import fgsm from '../../attacks/gradient/fgsm.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import type { AttackDefinition } from '../../src/plugin/attack.ts';
import type { InnerAttack } from '../../src/plugin/objective.ts';
import type { Answer } from '../../src/plugin/questions.ts';
import { strengthened } from '../../src/training/inner-attack.ts';

const SIZE = 12;

/** Kinds of questions in turn, answered by a loss that rises along (−1, …, −1, 1, …, 1), and the point that is returned. */
function carriedOut(definition: AttackDefinition, options: unknown, plan: Partial<InnerAttack> = {}) {
  const inner = {
    plan: { attack: '', norm: 'linf' as const, epsilon: 0.1, options: {}, ...plan },
    definition,
    options,
  };
  const example = { label: 0, classes: 2, key: ['test'], stop: 'budget' as const };
  const image = new Float32Array(SIZE).fill(0.5);
  const work = strengthened(inner, { ...example, image, shape: { channels: 3, height: 2, width: 2 } });
  const asked: string[] = [];
  let step = work.next();
  while (!step.done) {
    const question = step.value;
    asked.push(question.ask);
    const scores = Float32Array.of(0.5, 0.5);
    const gradient = Float32Array.from({ length: SIZE }, (_, i) => (i < SIZE / 2 ? -1 : 1));
    const answer: Answer =
      question.ask === 'gradient' ? { scores, losses: [0], gradients: [gradient] } : { scores: [scores] };
    step = work.next(answer);
  }
  return { asked, point: step.value };
}

describe('an inner attack', () => {
  test('of PGD costs a gradient a step and the scores of its last point', () => {
    const { asked, point } = carriedOut(pgd, pgd.options.parse({ steps: 3 }));
    expect(asked).toEqual(['gradient', 'gradient', 'gradient', 'scores']);
    for (const value of point) expect(Math.abs(value - 0.5)).toBeLessThanOrEqual(0.1 + 1e-6);
  });

  test('of FGSM costs one gradient, and moves every pixel by ε along its sign', () => {
    const { asked, point } = carriedOut(fgsm, fgsm.options.parse({}));
    expect(asked).toEqual(['gradient']);
    for (const [i, value] of point.entries()) expect(value).toBeCloseTo(i < SIZE / 2 ? 0.4 : 0.6, 6);
  });

  test('that ascends a divergence needs the scores it diverges from', () => {
    const { asked } = carriedOut(fgsm, fgsm.options.parse({}), { ascend: 'divergence' });
    expect(asked).toEqual(['scores', 'gradient']);
  });

  test('that says nothing of clean scores is given them; one that denies reading them and does is refused', () => {
    const reader: AttackDefinition = {
      ...fgsm,
      name: 'reader',
      *attack({ image, cleanScores }) {
        return image.map(() => cleanScores[0]);
      },
    };
    const { readsCleanScores: _, ...silent } = reader;
    const { asked, point } = carriedOut(silent, {});
    expect(asked).toEqual(['scores']);
    expect(point[0]).toBe(0.5);
    expect(() => carriedOut(reader, {})).toThrow(/"reader" reads cleanScores, and declares readsCleanScores: false/);
  });
});
