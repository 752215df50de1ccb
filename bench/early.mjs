// Deciding early, on 2,000 simulated models each: how often a gate errs, what it misses, and which share of the fixed-n queries it asks. Needs `npm run build`.
import { createRandom } from '../dist/src/random.js';
import { looks } from '../dist/src/run/early.js';
import { capitalAgainst, clopperPearson } from '../dist/src/statistics/index.js';

const MODELS = 2000;
const PLANNED = 1000;
const LEVEL = 0.025;
const TARGET = 0.4;
// An image that stands takes every step of the attack, one that falls a few: order of magnitude of PGD-40.
const STANDING_QUERIES = 40;
const FALLEN_QUERIES = 5;

const ends = looks(PLANNED);
const game = { horizon: PLANNED, level: LEVEL };
const settles = (count, total, floor) => {
  if (capitalAgainst({ count, total }, floor, game) >= 1 / LEVEL) return 'pass';
  return capitalAgainst({ count: total - count, total }, 1 - floor, game) >= 1 / LEVEL ? 'fail' : 'open';
};

/** One model of a true robust accuracy against a floor: verdicts and queries, stopping early and not. */
function simulate(rate, floor, random) {
  const standing = [0];
  for (let i = 0; i < PLANNED; i++) standing.push(standing[i] + (random.uniform() < rate ? 1 : 0));
  const queries = (examples) =>
    STANDING_QUERIES * standing[examples] + FALLEN_QUERIES * (examples - standing[examples]);
  let verdict = 'open';
  let examples = PLANNED;
  for (const end of ends) {
    verdict = settles(standing[end], end, floor);
    if (verdict === 'open') continue;
    examples = end;
    break;
  }
  const { low, high } = clopperPearson({ count: standing[PLANNED], total: PLANNED });
  return {
    verdict,
    fixed: low >= floor ? 'pass' : high < floor ? 'fail' : 'open',
    examples: examples / PLANNED,
    queries: queries(examples) / queries(PLANNED),
  };
}

const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const shareOf = (results, holds) => results.filter(holds).length / results.length;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const error = (rate) => Math.sqrt((rate * (1 - rate)) / PLANNED);
// Chance of a nominal error that three standard deviations of 2,000 simulations allow.
const allowed = LEVEL + 3 * Math.sqrt((LEVEL * (1 - LEVEL)) / MODELS);

console.log(
  `early: ${PLANNED} examples planned, ${ends.length} looks, ${MODELS} models a row, nominal ${percent(LEVEL)} a side\n`,
);
console.log('errors, at and near the floor');
console.log('  floor   truth              passes though below   fails though above   as a fixed sample');
for (const floor of [0.2, 0.4, 0.9])
  for (const distance of [0, 0.5, -0.5]) {
    const rate = floor + distance * error(floor);
    const random = createRandom('bench early', floor, distance);
    const results = Array.from({ length: MODELS }, () => simulate(rate, floor, random));
    const share = (verdict, counts, field = 'verdict') =>
      counts ? shareOf(results, (result) => result[field] === verdict) : undefined;
    const [pass, fail] = [share('pass', distance <= 0), share('fail', distance >= 0)];
    const fixed = [share('pass', distance <= 0, 'fixed'), share('fail', distance >= 0, 'fixed')];
    const told = (value) => (value === undefined ? '–' : percent(value));
    const met = [pass, fail].every((value) => value === undefined || value <= allowed);
    const truth = distance === 0 ? 'at the floor' : `${distance > 0 ? '+' : '−'}0.5 standard errors`;
    console.log(
      `  ${String(floor).padEnd(7)} ${truth.padEnd(20)} ${told(pass).padStart(8)} ${told(fail).padStart(20)} ${fixed.map(told).join(' and ').padStart(24)}   ${met ? 'met' : 'MISSED'}`,
    );
  }

const header = '  distance in standard errors   models   right   wrong    open   (fixed n: right)   examples   queries';
const row = (name, results) =>
  `  ${name.padEnd(29)} ${String(results.length).padStart(6)} ${[
    shareOf(results, ({ verdict, truth }) => verdict === truth),
    shareOf(results, ({ verdict, truth }) => verdict !== truth && verdict !== 'open'),
    shareOf(results, ({ verdict }) => verdict === 'open'),
  ]
    .map((share) => percent(share).padStart(8))
    .join(
      '',
    )} ${percent(shareOf(results, ({ fixed, truth }) => fixed === truth)).padStart(15)} ${percent(mean(results.map(({ examples }) => examples))).padStart(12)} ${percent(mean(results.map(({ queries }) => queries))).padStart(9)}`;

console.log('\nby distance: floors 0.2, 0.4 and 0.9, truth above or below, the distance evenly spread within the row');
console.log(header);
for (const [from, to] of [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 5],
  [5, 8],
  [8, 12],
]) {
  const random = createRandom('bench early', from, to);
  const results = Array.from({ length: MODELS }, (_, index) => {
    const floor = [0.2, 0.4, 0.9][index % 3];
    const above = random.uniform() < 0.5;
    const distance = (above ? 1 : -1) * random.uniform(from, to);
    const rate = Math.min(1, floor + distance * error(floor));
    return { ...simulate(rate, floor, random), truth: above ? 'pass' : 'fail' };
  });
  console.log(row(`${from}–${to}`, results));
}

console.log('\na population: robust accuracy uniform in [0, 1], floor uniform in [0.2, 0.8], each model drawn once');
console.log(header);
const random = createRandom('bench early', 'population');
const population = Array.from({ length: MODELS }, () => {
  const [rate, floor] = [random.uniform(), random.uniform(0.2, 0.8)];
  const distance = Math.abs(rate - floor) / error(rate);
  return { ...simulate(rate, floor, random), truth: rate >= floor ? 'pass' : 'fail', distance };
});
for (const [name, from, to] of [
  ['0–1', 0, 1],
  ['1–2', 1, 2],
  ['2–3', 2, 3],
  ['3–5', 3, 5],
  ['5 and more', 5, Infinity],
])
  console.log(
    row(
      name,
      population.filter(({ distance }) => distance >= from && distance < to),
    ),
  );
const far = population.filter(({ distance }) => distance >= 2);
console.log(row('2 and more', far));
console.log(row('all', population));
const asked = mean(far.map(({ queries }) => queries));
console.log(
  `\nof that population, two or more standard errors away: ${percent(asked)} of the fixed-n queries (target at most ${percent(TARGET, 0)}: ${asked <= TARGET ? 'met' : 'missed'})`,
);
