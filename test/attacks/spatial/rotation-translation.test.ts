/** Rotations and translations: closed forms of the transform, what counts as a member, and searches whose best answer is known. */
import { describe, expect, it } from 'vitest';
import rotationTranslation from '../../../attacks/spatial/rotation-translation.ts';
import { drive } from '../../../src/collect/drive.ts';
import { examine } from '../../../src/collect/examine.ts';
import type { ImageShape } from '../../../src/plugin/attack.ts';
import type { OutcomeRow } from '../../../src/plugin/outcome.ts';
import type { ScoresQuestion } from '../../../src/plugin/questions.ts';
import { createRandom } from '../../../src/random.ts';
import { roundToEightBit } from '../../../src/threat/eight-bit.ts';
import { threatAround } from '../../../src/threat/index.ts';
import { rotateAndShift } from '../../../src/threat/rotation-translation.ts';
import { problemsOf, resolveText } from '../../config/project.ts';

const shape: ImageShape = { channels: 3, height: 8, width: 8 };
const oblong: ImageShape = { channels: 2, height: 5, width: 7 };

const noise = ({ channels, height, width }: ImageShape) => {
  const random = createRandom('noise');
  return Float32Array.from({ length: channels * height * width }, () => random.uniform());
};

/** The image whose value at (x, y) is given. */
const drawn = ({ channels, height, width }: ImageShape, value: (x: number, y: number, c: number) => number) =>
  Float32Array.from({ length: channels * height * width }, (_, i) =>
    value(i % width, Math.floor(i / width) % height, Math.floor(i / (width * height))),
  );
const at = (image: Float32Array, { height, width }: ImageShape, x: number, y: number, c = 0) =>
  x < 0 || y < 0 || x >= width || y >= height ? 0 : image[(c * height + y) * width + x];

describe('the transform', () => {
  it.each([shape, oblong])('is nothing at all at zero', (given) => {
    const image = noise(given);
    expect(rotateAndShift(image, given, 0, 0, 0)).toEqual(image);
  });

  it.each([
    [1, 0],
    [-2, 3],
  ])('shifts by whole pixels %i right and %i down exactly, with zeros from outside', (right, down) => {
    const image = noise(oblong);
    expect(rotateAndShift(image, oblong, 0, right, down)).toEqual(
      drawn(oblong, (x, y, c) => at(image, oblong, x - right, y - down, c)),
    );
  });

  it('averages neighbours at half a pixel', () => {
    const image = noise(oblong);
    const moved = rotateAndShift(image, oblong, 0, 0.5, 0);
    expect(at(moved, oblong, 3, 2)).toBeCloseTo((at(image, oblong, 3, 2) + at(image, oblong, 2, 2)) / 2, 6);
    expect(at(moved, oblong, 0, 2)).toBeCloseTo(at(image, oblong, 0, 2) / 2, 6);
  });

  it('turns by a quarter into a permutation of pixels', () => {
    const image = noise(shape);
    const turned = rotateAndShift(image, shape, Math.PI / 2, 0, 0);
    const expected = drawn(shape, (x, y, c) => at(image, shape, y, 7 - x, c));
    for (const [i, value] of turned.entries()) expect(value).toBeCloseTo(expected[i], 6);
  });

  it('carries a plane over to the turned plane, as bilinear interpolation must, on an oblong image too', () => {
    const wide: ImageShape = { channels: 1, height: 9, width: 13 };
    const image = drawn(wide, (x, y) => 0.3 + 0.02 * (x - 6) + 0.03 * (y - 4));
    const angle = 0.4;
    const turned = rotateAndShift(image, wide, angle, 1, -0.5);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    for (const [x, y] of [
      [6, 4],
      [8, 3],
      [5, 5],
    ]) {
      const [u, v] = [x - 6 - 1, y - 4 + 0.5];
      const expected = 0.3 + 0.02 * (cos * u + sin * v) + 0.03 * (cos * v - sin * u);
      expect(at(turned, wide, x, y)).toBeCloseTo(expected, 6);
    }
  });
});

describe('the threat', () => {
  const image = noise(shape).map((value) => Math.round(value * 255) / 255);
  const threat = threatAround(image, 'rotation-translation', 0.5, shape);
  const made = (parameters: number[]) => threat.transformed?.(parameters) as Float32Array;

  it('has the transforms up to ε, the image itself, and nothing else', () => {
    expect(threat.contains(image.slice())).toBe(true);
    expect(threat.contains(made([0.5, -0.5, 0.2]))).toBe(true);
    expect(threat.contains(made([0.6, 0, 0]))).toBe(false);
    expect(threat.distance(made([0.1, -0.3, 0.2]))).toBe(0.3);
    const forged = made([0.1, 0.1, 0.1]);
    forged[7] += 0.01;
    expect(threat.contains(forged)).toBe(false);
    expect(threat.contains(made([0.1, 0.1, 0.1]).slice())).toBe(false);
    expect(
      threat.contains(
        threatAround(noise(shape), 'rotation-translation', 1, shape).transformed?.([0, 0.5, 0]) as Float32Array,
      ),
    ).toBe(false);
  });

  it('nests: a member of a smaller share is one of a larger', () => {
    expect(threat.within(0.8).contains(made([0.5, 0.5, 0.5]))).toBe(true);
    expect(threat.within(0.4).contains(made([0.5, 0.5, 0.5]))).toBe(false);
  });

  it('brings back what left it: the parameters are clipped, and what is no transform becomes the image', () => {
    const far = made([1, -0.2, 0.9]);
    threat.project(far);
    expect(threat.contains(far)).toBe(true);
    expect(far).toEqual(made([0.5, -0.2, 0.5]));
    const alien = image.map((value) => 1 - value);
    threat.project(alien);
    expect(alien).toEqual(image);
  });

  it('draws random members and rounds them to the nearest 8-bit image', () => {
    const point = threat.randomPoint(createRandom('point'));
    expect(threat.contains(point)).toBe(true);
    for (const [i, value] of roundToEightBit(image, point, threat).entries())
      expect(Math.abs(value - point[i])).toBeLessThanOrEqual(0.5 / 255 + 1e-7);
  });
});

/** One image: a bright pixel in the middle of a column. The model says 1 as soon as enough of its light reaches another column. */
const side = 32;
const large: ImageShape = { channels: 1, height: side, width: side };
const spot = drawn(large, (x, y) => +(x === 16 && y === 16));

async function attacked(epsilons: number[], options: object, column: number, light: number) {
  const questions: number[] = [];
  const judged: OutcomeRow[] = [];
  const plan = {
    id: 'rotation-translation:rotation-translation',
    attack: 'rotation-translation',
    norm: 'rotation-translation' as const,
    epsilons: epsilons.map((value) => ({ text: String(value), value })),
    target: 'untargeted' as const,
    options: rotationTranslation.options.parse(options),
  };
  const queue = [{ id: 'spot', label: 0 }];
  await drive(
    async () => {
      const next = queue.shift();
      return (
        next &&
        examine(
          { model: 'columns', seed: 0, shape: large, series: [{ attack: rotationTranslation, plan }] },
          next,
          spot,
          { done: () => false, emit: ({ part, rows }) => part !== 'clean' && judged.push(...rows) },
        )
      );
    },
    async (asked) =>
      asked.map((question) => {
        const { ask, points } = question as ScoresQuestion;
        if (ask === 'scores') questions.push(points.length);
        return {
          scores: points.map((point) => {
            let seen = 0;
            for (let y = 0; y < side; y++) seen += point[y * side + column];
            return Float32Array.of(light, seen);
          }),
        };
      }),
    { batchSize: 64 },
  );
  return { judged, questions };
}

describe('the attack', () => {
  it('finds the only shift that works, where the grid has it, and at no smaller ε', async () => {
    // Three pixels right, and only unturned, does all the light reach column 19.
    const { judged } = await attacked([0.5, 1], {}, 19, 0.99);
    expect(judged.map(({ success }) => success)).toEqual([false, true]);
    expect(judged[1].violation).toBeUndefined();
    expect(judged[1]).toMatchObject({ prediction: 1, survives8bit: true, distances: { linf: 1, l0: 2 } });
  });

  it('tries 5 × 5 × 31 transforms where none works', async () => {
    const { judged, questions } = await attacked([1], {}, 28, 0.5);
    expect(judged[0]).toMatchObject({ success: false, queries: { gradient: 0, score: 775, decision: 0 } });
    expect(questions.reduce((sum, size) => sum + size, 0)).toBe(775);
  });

  it('tries as many at random as it is told', async () => {
    const { judged } = await attacked([1], { search: 'random' }, 28, 0.5);
    expect(judged[0].queries.score).toBe(10);
    const many = await attacked([1], { search: 'random', tries: 400 }, 18, 0.3);
    expect(many.judged[0].success).toBe(true);
  });
});

describe('in a config', () => {
  const sound = 'models: { standard: standard.onnx }\ndata: images/\n';

  it('is run at its full extent where no ε is given', async () => {
    const { series } = await resolveText(`${sound}attacks: [rotation-translation]\n`);
    expect(series).toMatchObject([
      {
        id: 'rotation-translation:rotation-translation',
        norm: 'rotation-translation',
        epsilons: [{ text: '1', value: 1 }],
      },
    ]);
  });

  it('takes a share of it, and no more than all', async () => {
    const { series } = await resolveText(`${sound}attacks: [{ attack: rotation-translation, epsilon: [1/3, 1] }]\n`);
    expect(series[0].epsilons.map(({ text }) => text)).toEqual(['1/3', '1']);
    expect(await problemsOf(`${sound}attacks: [{ attack: rotation-translation, epsilon: 30 }]\n`)).toContain(
      'is a share of the largest transform, 30° and 3/32 of each side, so at most 1; got 30.',
    );
  });
});
