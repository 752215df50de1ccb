/** Every attack of the registry on a real network, made on the model itself and on a surrogate: rows do not know how the work was cut up. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { SeriesPlan } from '../../src/config/plan.ts';
import { readModel } from '../../src/onnx/read.ts';
import { writeModel } from '../../src/onnx/write.ts';
import type { OutcomeRow } from '../../src/plugin/outcome.ts';
import type { ThreatName } from '../../src/plugin/threat.ts';
import { demo } from '../fixtures/demo.ts';
import { collected, seriesOf } from '../support/collected.ts';
import { cases, lightOptions } from '../support/every-attack.ts';
import { network, portraits, shapeOf } from '../support/portraits.ts';

const SIDE = 16;

/** The demo's networks pool over whatever size is left: for images of a quarter of the side they are the same weights at a sixteenth of the cost. */
const folder = await mkdtemp(join(tmpdir(), 'proofhouse-attacks-'));
for (const name of ['standard', 'hardened']) {
  const graph = await readModel(join(demo, `${name}.onnx`));
  graph.inputs[0].dims = ['N', 3, SIDE, SIDE];
  await writeFile(join(folder, `${name}.onnx`), writeModel(graph));
}
afterAll(() => rm(folder, { recursive: true, force: true }));

const dataset = await portraits(SIDE);
/** Correctly classified at this size too. */
const examples = [3, 243, 403].map((index) => dataset.examples[index]);

/** Most attacks fell none of these at the first and some at the second. */
const epsilons: Record<ThreatName, string[]> = {
  linf: ['0.004', '0.05'],
  l2: ['0.3', '4'],
  l1: ['10', '150'],
  l0: ['10', '100'],
  'rotation-translation': ['0.2', '1'],
  patch: ['0.05', '0.3'],
};

interface How {
  batchSize?: number;
  threads?: number;
  workers?: number;
  order?: readonly number[];
}

/** What would be written: a line for each row, sorted. */
async function outcomes(series: readonly SeriesPlan[], { order = [0, 1, 2], ...how }: How): Promise<string[]> {
  const rows = await collected({
    model: network('hardened', folder),
    surrogates: [network('standard', folder)],
    dataset: { ...dataset, examples: order.map((index) => examples[index]) },
    shape: shapeOf(SIDE),
    series,
    ...how,
  });
  return rows.map((row) => JSON.stringify(row)).toSorted();
}

describe('every attack in every threat', async () => {
  // AutoAttack has no smaller budget: what stands would cost 5,000 queries each time.
  const series = cases.map(([name, threat, attack]) =>
    seriesOf(
      attack,
      threat,
      name === 'autoattack' ? epsilons[threat].slice(1) : epsilons[threat],
      lightOptions(attack),
    ),
  );
  const reference = await outcomes(series, { batchSize: 7 });

  it('is tried on images that are classified correctly, and fells some', () => {
    const rows = reference.map((line) => JSON.parse(line) as OutcomeRow);
    expect(rows.filter(({ evaluation, success }) => evaluation === 'clean' && success)).toEqual([]);
    const share = rows.filter(({ success }) => success).length / rows.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  });

  it.each<[string, How]>([
    ['with batches of 1, in another order', { batchSize: 1, order: [2, 0, 1] }],
    ['with batches of 64, in a third order', { batchSize: 64, order: [1, 2, 0] }],
    ['with two threads', { threads: 2 }],
    ['with two workers', { workers: 2 }],
  ])('gives the same rows to the byte %s', async (_, how) => {
    expect(await outcomes(series, how)).toEqual(reference);
  });
});

describe('every attack made on a surrogate', async () => {
  const series = cases
    .filter(([name]) => name !== 'autoattack')
    .map(([name, threat, attack]) => ({
      ...seriesOf(attack, threat, epsilons[threat].slice(1), lightOptions(attack)),
      id: `${name}-from-standard:${threat}`,
      surrogate: 'standard',
    }));
  const reference = await outcomes(series, { batchSize: 7 });

  it.each<[string, How]>([
    ['with batches of 64, in another order', { batchSize: 64, order: [1, 2, 0] }],
    ['with two workers and batches of 1', { workers: 2, batchSize: 1 }],
  ])('gives the same rows to the byte %s', async (_, how) => {
    expect(await outcomes(series, how)).toEqual(reference);
  });
});
