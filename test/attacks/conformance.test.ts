/** What holds of every attack in the registry, in each of its threats, whatever its algorithm. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import type { ImageShape } from '../../src/plugin/attack.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import type { ThreatName } from '../../src/plugin/threat.ts';
import { cases, run, settingOf } from '../support/every-attack.ts';

/** Some images fall and some stand at these. */
const epsilons: Record<ThreatName, number[]> = {
  linf: [0.005, 0.02],
  l2: [0.03, 0.1],
  l1: [0.1, 0.4],
  l0: [1, 3],
  patch: [0.05, 0.3],
  'rotation-translation': [0.1, 1],
};

const square: ImageShape = { channels: 1, height: 8, width: 8 };

const successes = (results: readonly { row: OutcomeRow }[]) =>
  results.filter(({ row }) => row.success).map(({ row }) => row.example);

describe.each(cases)('%s in %s', (_, threat, attack) => {
  const usual = settingOf(attack, threat, square, 3, 8);
  const at = epsilons[threat];

  it('gives equal rows and points whatever the batch, the order and the company', async () => {
    const results = await run(usual, at, { batchSize: 16 });
    expect(await run({ ...usual, images: usual.images.toReversed() }, at, { batchSize: 1 })).toEqual(results);
    const alone = await run({ ...usual, images: [usual.images[3]] }, at);
    expect(alone).toEqual(results.filter(({ row }) => row.example === usual.images[3].id));
  });

  it('is no different when a constant is added to every logit', async () => {
    const grain = 2 ** -14;
    const results = await run(usual, at, { reading: { grain } });
    expect(successes(await run(usual, at, { reading: { grain, shift: 8 } }))).toEqual(successes(results));
  });

  it.skipIf(threat === 'l0')('fells nothing in a tiny ball', async () => {
    expect(successes(await run(usual, [1e-6]))).toEqual([]);
  });

  it('changes nothing where ε is 0', async () => {
    const clean = new Map(usual.images.map(({ id, image }) => [id, image]));
    for (const { row, point } of await run(usual, [0])) {
      expect(row.success).toBe(false);
      expect(point).toEqual(clean.get(row.example));
    }
  });

  it('gives an image under two names equal results up to their own draws', async () => {
    const [image] = usual.images;
    const twin = { ...image, id: 'the same again' };
    const nameless = ({ row: { example: _example, ...row }, point }: { row: OutcomeRow; point: Float32Array }) => ({
      row,
      point,
    });
    const both = await run({ ...usual, images: [image, twin] }, at);
    const own = both.filter(({ row }) => row.example === image.id);
    expect(own).toEqual(await run({ ...usual, images: [image] }, at));
    const drawn = [];
    for (const seed of [1, 2, 3]) drawn.push((await run({ ...usual, images: [image] }, at, { seed })).map(nameless));
    if (drawn.every((result) => isDeepStrictEqual(result, own.map(nameless))))
      expect(both.filter(({ row }) => row.example === twin.id).map(nameless)).toEqual(own.map(nameless));
  });

  it('is targeted, or says that it cannot be', async () => {
    const few = { ...usual, images: usual.images.slice(0, 3) };
    try {
      await run(few, at, { target: 'random' });
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
    }
  });
});
