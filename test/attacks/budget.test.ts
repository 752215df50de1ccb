/**
 * Told to spend its budget, a fixed-ε attack does, in every attack of the registry: training and transfer need the largest loss that the
 * budget reaches, not the first point that will do.
 */
import { describe, expect, it } from 'vitest';
import type { ThreatName } from '../../src/plugin/threat.ts';
import { type Affine, affineModel, affineOf, oracleOf } from '../support/analytic-model.ts';
import { type LabelledImage, noiseImages, runAttack } from '../support/attack-run.ts';
import { cases, lightOptions } from '../support/every-attack.ts';

const fixed = cases.filter(([, , attack]) => attack.budget !== 'minimal-norm');
const shape = { channels: 1, height: 8, width: 8 };
const epsilons: Record<ThreatName, number> = {
  linf: 0.02,
  l2: 0.1,
  l1: 0.4,
  l0: 3,
  patch: 0.1,
  'rotation-translation': 1,
};

/** The same weights, with biases by which the image's class leads all others by exactly this, as closely as float64 can. */
function leading({ weights }: Affine, { image, label }: LabelledImage, lead: number): Affine {
  return affineOf(
    weights,
    weights.map((row, k) => (k === label ? 0 : -lead) - row.reduce((sum, w, i) => sum + w * image[i], 0)),
  );
}

describe.each(fixed)('%s in %s', (_, norm, attack) => {
  it('asks as much of an image that falls at once as of one that never falls', async () => {
    const weights = affineModel(64, 5);
    for (const one of noiseImages(weights, 2)) {
      const rows = [];
      for (const lead of [1e-3, 1e3]) {
        // Made on a surrogate, which is the model itself, an attack does not stop at success.
        const given = { attack, norm, epsilons: [epsilons[norm]], options: lightOptions(attack), surrogate: 'twin' };
        const [{ row }] = await runAttack({ ...given, shape }, [one], oracleOf(leading(weights, one, lead)));
        rows.push(row);
      }
      const [falls, stands] = rows;
      expect(stands.success).toBe(false);
      expect(falls).toMatchObject({ success: true, queries: stands.queries });
      expect(falls.violation).toBeUndefined();
    }
  });
});
