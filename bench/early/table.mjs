// What the simulations of deciding early have in common: what a run plans and costs, the bands of distance, and the tables.
import { looks } from '../../dist/src/run/early.js';

/** Simulated models a row. */
export const MODELS = 2000;
export const PLANNED = 1000;
export const ends = looks(PLANNED);
/** Share of the fixed-n queries that models far from the limit may ask. */
export const TARGET = 0.4;

// An image that stands takes every step of the attack, one that falls a few: order of magnitude of PGD-40.
const STANDING_QUERIES = 40;
const FALLEN_QUERIES = 5;

/** @param standing how many of the first so many examples stand, from none on */
export const queriesOf = (standing, examples) =>
  STANDING_QUERIES * standing[examples] + FALLEN_QUERIES * (examples - standing[examples]);

/**
 * Looks until it is settled.
 *
 * @param verdictAt 'pass', 'fail' or 'open' after the first so many examples
 * @param standing as for `queriesOf`
 */
export function stopEarly(verdictAt, standing) {
  for (const end of ends) {
    const verdict = verdictAt(end);
    if (verdict !== 'open' || end === PLANNED)
      return { verdict, examples: end / PLANNED, queries: queriesOf(standing, end) / queriesOf(standing, PLANNED) };
  }
}

export const percent = (share, digits = 1) => `${(100 * share).toFixed(digits)} %`;
export const shareOf = (results, holds) => results.filter(holds).length / results.length;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Chance of a nominal error that three standard deviations of the simulations allow. */
const allowed = (level) => level + 3 * Math.sqrt((level * (1 - level)) / MODELS);

/** One line of a table of errors: 'wrong' verdicts early and of a fixed sample, against a nominal rate; undefined where there is none. */
export function errorLine(name, results, wrong, level) {
  const [early, fixed] = ['verdict', 'fixed'].map((field) => shareOf(results, (result) => result[field] === wrong));
  const met = level === undefined ? '' : early <= allowed(level) ? 'met' : 'MISSED';
  const nominal = level === undefined ? '–' : percent(level);
  console.log(
    `  ${name.padEnd(58)} ${percent(early).padStart(7)} ${nominal.padStart(9)} ${percent(fixed).padStart(17)}   ${met}`,
  );
}
export const errorHeader = (title) => console.log(`\n${title}\n${' '.repeat(61)}  early   nominal    fixed sample`);

export const header = () =>
  console.log('  distance in standard errors   models   right   wrong    open   (fixed n: right)   examples   queries');

/** @param results each with its truth: 'pass' or 'fail' */
export function row(name, results) {
  const shares = [
    shareOf(results, ({ verdict, truth }) => verdict === truth),
    shareOf(results, ({ verdict, truth }) => verdict !== truth && verdict !== 'open'),
    shareOf(results, ({ verdict }) => verdict === 'open'),
  ];
  const right = percent(shareOf(results, ({ fixed, truth }) => fixed === truth));
  const [examples, queries] = ['examples', 'queries'].map((field) => percent(mean(results.map((one) => one[field]))));
  console.log(
    `  ${name.padEnd(29)} ${String(results.length).padStart(6)} ${shares.map((share) => percent(share).padStart(8)).join('')} ${right.padStart(15)} ${examples.padStart(12)} ${queries.padStart(9)}`,
  );
}

const bands = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 5],
  [5, 8],
  [8, 12],
];

/** Models whose distance is evenly spread within each band. @param simulate of a distance from one to the other */
export function byBand(title, simulate) {
  console.log(`\n${title}`);
  header();
  for (const [from, to] of bands)
    row(
      `${from}–${to}`,
      Array.from({ length: MODELS }, (_, index) => simulate(from, to, index)),
    );
}

/** Models as they come, told apart by their distance. @param simulate gives results with a distance */
export function byPopulation(title, simulate) {
  console.log(`\n${title}`);
  header();
  const population = Array.from({ length: MODELS }, simulate);
  for (const [from, to] of [...bands.slice(0, 4), [5, Infinity]]) {
    const some = population.filter(({ distance }) => distance >= from && distance < to);
    if (some.length > 0) row(to === Infinity ? `${from} and more` : `${from}–${to}`, some);
  }
  const far = population.filter(({ distance }) => distance >= 2);
  row('2 and more', far);
  row('all', population);
  const asked = mean(far.map(({ queries }) => queries));
  console.log(
    `  two or more standard errors away: ${percent(asked)} of the fixed-n queries (target at most ${percent(TARGET, 0)}: ${asked <= TARGET ? 'met' : 'MISSED'})`,
  );
}
