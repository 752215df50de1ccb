// A floor on robust accuracy.
import { createRandom } from '../../dist/src/random.js';
import { capitalAgainst, clopperPearson } from '../../dist/src/statistics/index.js';
import { byBand, byPopulation, errorHeader, errorLine, MODELS, PLANNED, stopEarly } from './table.mjs';

const LEVEL = 0.025;
const game = { horizon: PLANNED, level: LEVEL };
const limits = [0.2, 0.4, 0.9];

function settles(count, total, floor) {
  if (capitalAgainst({ count, total }, floor, game) >= 1 / LEVEL) return 'pass';
  return capitalAgainst({ count: total - count, total }, 1 - floor, game) >= 1 / LEVEL ? 'fail' : 'open';
}

/** One model of a true robust accuracy. */
function simulate(rate, floor, random) {
  const standing = [0];
  for (let i = 0; i < PLANNED; i++) standing.push(standing[i] + (random.uniform() < rate ? 1 : 0));
  const { low, high } = clopperPearson({ count: standing[PLANNED], total: PLANNED });
  return {
    ...stopEarly((end) => settles(standing[end], end, floor), standing),
    fixed: low >= floor ? 'pass' : high < floor ? 'fail' : 'open',
  };
}

const error = (rate) => Math.sqrt((rate * (1 - rate)) / PLANNED);

export function floors() {
  errorHeader('FLOOR: errors at the floor, and half a standard error on the wrong side');
  for (const limit of limits)
    for (const distance of [0, 0.5, -0.5]) {
      const random = createRandom('bench early', limit, distance);
      const rate = limit + distance * error(limit);
      const results = Array.from({ length: MODELS }, () => simulate(rate, limit, random));
      const truth =
        distance === 0 ? 'the truth at' : `the truth half a standard error ${distance > 0 ? 'above' : 'below'}`;
      if (distance <= 0) errorLine(`passes, ${truth} ${limit}`, results, 'pass', LEVEL);
      if (distance >= 0) errorLine(`fails, ${truth} ${limit}`, results, 'fail', LEVEL);
    }

  const spread = createRandom('bench early', 'bands');
  byBand(`floors ${limits.join(', ')}, truth above or below`, (from, to, index) => {
    const limit = limits[index % limits.length];
    const above = spread.uniform() < 0.5;
    const rate = Math.min(1, limit + (above ? 1 : -1) * spread.uniform(from, to) * error(limit));
    return { ...simulate(rate, limit, spread), truth: above ? 'pass' : 'fail' };
  });

  const random = createRandom('bench early', 'population');
  byPopulation('robust accuracy uniform in [0, 1], floor uniform in [0.2, 0.8]', () => {
    const [rate, limit] = [random.uniform(), random.uniform(0.2, 0.8)];
    const distance = Math.abs(rate - limit) / error(rate);
    return { ...simulate(rate, limit, random), truth: rate >= limit ? 'pass' : 'fail', distance };
  });
}
