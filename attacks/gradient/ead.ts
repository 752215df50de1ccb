/** Elastic-net attack: FISTA on L2² + β·L1 + c·(hinge of the margin), with a binary search for c; the point nearest in L1 is kept and sharpened. */
import { type Asking, type AttackExample, defineAttack, z } from 'proofhouse/plugin';
import { Nearest } from '../nearest.ts';
import { searchConstant } from './constant-search.ts';
import { sharpen } from './sharpen.ts';

interface Options {
  steps: number;
  'search-steps': number;
  'learning-rate': number;
  'first-constant': number;
  beta: number;
}

/** One minimisation from the clean image for one c. Returns whether any point was adversarial. */
function* minimise(
  { image, gradientOf, scoresOf }: AttackExample,
  constant: number,
  { steps, 'learning-rate': rate, beta }: Options,
  nearest: Nearest,
): Asking<boolean> {
  const { length } = image;
  const point = image.slice();
  // FISTA's extrapolated point, brought back into the box because the model is asked about it.
  const ahead = image.slice();
  let succeeded = false;
  for (let step = 0; step < steps; step++) {
    const { gradient, achieved: crossed } = yield* gradientOf(ahead, 'margin');
    const pull = crossed ? 0 : constant;
    const fallen = rate * Math.sqrt(1 - step / steps);
    const momentum = step / (step + 3);
    for (let i = 0; i < length; i++) {
      // As in the authors' code the threshold is β itself, whatever the step length.
      const delta = ahead[i] - fallen * (2 * (ahead[i] - image[i]) - pull * gradient[i]) - image[i];
      const shrunk = Math.max(0, Math.abs(delta) - beta);
      const next = Math.max(0, Math.min(1, image[i] + (delta > 0 ? shrunk : -shrunk)));
      ahead[i] = Math.max(0, Math.min(1, next + momentum * (next - point[i])));
      point[i] = next;
    }
    const { achieved } = yield* scoresOf(point);
    if (!achieved) continue;
    succeeded = true;
    nearest.offer(point, true);
    if (nearest.enough) return true;
  }
  return succeeded;
}

export default defineAttack({
  name: 'ead',
  title: 'Elastic-net attack',
  reference: 'Chen et al. 2018, arXiv:1709.04114',
  description:
    'Minimal-norm in L1: Carlini & Wagner with a sparse penalty. FAB and FMN come as near for far fewer queries; its points transfer well.',
  access: 'gradient',
  threats: ['l1'],
  budget: 'minimal-norm',
  options: z.strictObject({
    steps: z.int().positive().default(1000).describe('gradient steps for each constant'),
    'search-steps': z.int().positive().default(9).describe('constants tried in the binary search'),
    'learning-rate': z.number().positive().default(0.01).describe('first step length; it falls to 0 by a square root'),
    'first-constant': z.number().positive().default(0.001).describe('first weight of the margin against the distance'),
    beta: z.number().positive().default(0.01).describe('weight of L1: changes smaller than this vanish at each step'),
  }),
  *attack(example, options) {
    const nearest = new Nearest(example);
    const search = { first: options['first-constant'], tries: options['search-steps'] };
    yield* searchConstant(search, nearest, (constant) => minimise(example, constant, options, nearest));
    if (!nearest.enough) yield* sharpen(example, nearest);
    return nearest.answer();
  },
});
