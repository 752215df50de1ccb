/** Every attack of the registry on few classes, odd shapes, extreme images, one example, and images that need no attack. */
import { describe, expect, it } from 'vitest';
import type { ThreatName } from '../../src/plugin/threat.ts';
import { affineModel } from '../support/analytic-model.ts';
import { cases, run, settingOf } from '../support/every-attack.ts';

const epsilon: Record<ThreatName, number> = {
  linf: 0.05,
  l2: 0.3,
  l1: 1,
  l0: 3,
  patch: 0.1,
  'rotation-translation': 1,
};

const shapeOf = (channels: number, height: number, width: number) => ({ channels, height, width });

describe.each(cases)('%s in %s', (_, threat, attack) => {
  const at = [epsilon[threat]];

  it.each([
    ['2 classes, one channel, taller than wide', 2, shapeOf(1, 9, 5)],
    ['3 classes, one channel, wider than tall', 3, shapeOf(1, 5, 9)],
    ['4 classes, oblong, in colour', 4, shapeOf(3, 5, 7)],
    ['10 classes in colour', 10, shapeOf(3, 8, 8)],
    ['2 classes, a single row', 2, shapeOf(1, 1, 12)],
    ['2 classes, a single pixel', 2, shapeOf(3, 1, 1)],
  ] as const)('works on a single example: %s', async (_name, classes, shape) => {
    await run(settingOf(attack, threat, shape, classes, 1), at);
  });

  it.each([2, 3])('works on images that are 0 or 1 everywhere, %i classes', async (classes) => {
    const shape = shapeOf(1, 5, 9);
    const model = affineModel(45, classes);
    const images = [0, 1].map((value) => {
      const image = new Float32Array(45).fill(value);
      const logits = model.logits(image);
      return { id: `all ${value}`, label: logits.indexOf(Math.max(...logits)), image };
    });
    await run({ attack, threat, shape, model, images }, at);
  });

  it('asks nothing about an image that is misclassified to begin with', async () => {
    const { images, ...setting } = settingOf(attack, threat, shapeOf(1, 5, 9), 3, 2);
    const wrong = images.map((image) => ({ ...image, label: (image.label + 1) % 3 }));
    const asked: string[] = [];
    const results = await run({ ...setting, images: wrong }, at, { seen: ({ ask }) => asked.push(ask) });
    expect(asked).toEqual(['judge', 'judge']);
    for (const [i, { row, point }] of results.entries()) {
      expect(row).toMatchObject({ success: true, survives8bit: true, queries: { gradient: 0, score: 0, decision: 0 } });
      expect(row.distances).toEqual({ linf: 0, l2: 0, l1: 0, l0: 0 });
      expect(point).toEqual(wrong[i].image);
    }
  });
});
