/** The sweep over ε against fresh attacks, on the demo's network. */
import { expect, it } from 'vitest';
import apgd from '../../attacks/gradient/apgd.ts';
import pgd from '../../attacks/gradient/pgd.ts';
import { seriesOf } from '../support/collected.ts';
import { network, portraits, shapeOf } from '../support/portraits.ts';
import { checkSweep } from '../support/sweep.ts';

const dataset = await portraits();
const examples = dataset.examples.filter((_, index) => index % 18 === 0);

it.each([
  ['PGD', seriesOf(pgd, 'linf', ['1/255', '2/255', '4/255', '8/255'], { steps: 10 })],
  ['Auto-PGD', seriesOf(apgd, 'linf', ['2/255', '8/255'], { iterations: 20, restarts: 1 })],
  ['PGD in L2', seriesOf(pgd, 'l2', ['0.25', '1'], { steps: 10 })],
])('%s: more fall in a larger ball, and none that fell in a smaller one stands again', async (_, series) => {
  const counts = await checkSweep(
    { model: network('hardened'), dataset: { ...dataset, examples }, shape: shapeOf(64) },
    series,
  );
  expect(counts.at(-1)?.[1]).toBeLessThan(counts[0][1]);
});
