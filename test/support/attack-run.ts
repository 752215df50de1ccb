/** Runs one attack on images through the real scheduler, judged and repaired as in an audit. */
import { drive } from '../../src/collect/drive.ts';
import { examine } from '../../src/collect/examine.ts';
import { type Fitted, fit } from '../../src/collect/fit.ts';
import { halvesOf } from '../../src/collect/halves.ts';
import type { HarnessOracle } from '../../src/collect/questions.ts';
import type { SeriesPlan } from '../../src/config/plan.ts';
import { argmax } from '../../src/goal/index.ts';
import type { AttackDefinition, ImageShape } from '../../src/plugin/attack.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import type { ThreatName } from '../../src/plugin/threat.ts';
import { createRandom } from '../../src/random.ts';
import type { AnalyticModel } from './analytic-model.ts';

export interface LabelledImage {
  id: string;
  label: number;
  image: Float32Array;
}

/** Uniform noise around mid-grey, with the labels that the model gives. */
export function noiseImages(model: AnalyticModel, count: number, low = 0.4, high = 0.6): LabelledImage[] {
  return Array.from({ length: count }, (_, index) => {
    const random = createRandom(index, 'noise image');
    const image = new Float32Array(model.dimensions);
    for (let i = 0; i < image.length; i++) image[i] = random.uniform(low, high);
    return { id: `image ${String(index).padStart(3, '0')}`, label: argmax(model.logits(image)), image };
  });
}

export interface AttackRun {
  attack: AttackDefinition;
  norm: ThreatName;
  epsilons: readonly number[];
  options?: object;
  target?: SeriesPlan['target'];
  /** Makes the attack on a surrogate, so that it spends its whole budget; the oracle may answer for both. */
  surrogate?: string;
  shape: ImageShape;
  batchSize?: number;
  seed?: number;
}

/** Rows and points of the attack, ordered by example id, then by ε. */
export async function runAttack(
  { attack, norm, epsilons, options = {}, target = 'untargeted', surrogate, shape, batchSize = 8, seed = 0 }: AttackRun,
  images: readonly LabelledImage[],
  oracle: HarnessOracle,
): Promise<{ row: OutcomeRow; point: Float32Array }[]> {
  const plan = {
    id: `${attack.name}:${norm}`,
    attack: attack.name,
    norm,
    epsilons: epsilons.map((value) => ({ text: String(value), value })),
    target,
    ...(surrogate !== undefined && { surrogate }),
    options: attack.options.parse(options),
  };
  const series = { attack, plan };
  const halves = attack.fit === undefined ? undefined : halvesOf(images, seed);
  const fitted: Fitted[] = [];
  for (const epsilon of halves === undefined ? [] : plan.epsilons)
    for (const half of [1, 2] as const) {
      const examples = images.filter(({ id }) => halves?.get(id) === half).toSorted((a, b) => (a.id < b.id ? -1 : 1));
      fitted.push(await fit({ series, epsilon, half, examples, shape, seed }, oracle, { batchSize }));
    }
  const judged: { row: OutcomeRow; point: Float32Array }[] = [];
  const queue = [...images];
  const next = async () => {
    const one = queue.shift();
    if (one === undefined) return undefined;
    const points: Float32Array[] = [];
    const example = { ...one, half: halves?.get(one.id) };
    return examine({ model: 'analytic', seed, shape, series: [series], fitted }, example, one.image, {
      done: () => false,
      emit: ({ part, rows }) => {
        if (part !== 'clean') judged.push(...rows.map((row, i) => ({ row, point: points[i] })));
      },
      observe: (evaluation, point) => {
        if (evaluation !== 'clean') points.push(point);
      },
    });
  };
  await drive(next, oracle, { batchSize });
  return judged.toSorted(({ row: a }, { row: b }) => (a.example < b.example ? -1 : +(a.example > b.example)));
}
