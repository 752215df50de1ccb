// A floor that each of four equal subgroups must keep; distances are those of the worst, the others are well above.
import { judge } from '../../dist/src/gate/index.js';
import { createRandom } from '../../dist/src/random.js';
import { capitalAgainst } from '../../dist/src/statistics/index.js';
import { byBand, byPopulation, errorHeader, errorLine, MODELS, PLANNED, stopEarly } from './table.mjs';

const LEVEL = 0.025;
const GROUPS = 4;
const SIZE = PLANNED / GROUPS;
const floors = [0.2, 0.4, 0.8];
/** Of the subgroups that are not the worst, in standard errors above the floor. */
const ABOVE = 6;

/** As the gate decides, without the limits that it tells: with one failure Holm's correction is Bonferroni's. */
function settles(counts, totals, floor) {
  const tests = LEVEL / GROUPS;
  const failed = counts.some((count, group) => {
    const missed = { count: totals[group] - count, total: totals[group] };
    return totals[group] >= 20 && capitalAgainst(missed, 1 - floor, { horizon: SIZE, level: tests }) >= 1 / tests;
  });
  if (failed) return 'fail';
  const kept = counts.every((count, group) => {
    const stood = { count, total: totals[group] };
    return totals[group] >= 20 && capitalAgainst(stood, floor, { horizon: SIZE, level: LEVEL }) >= 1 / LEVEL;
  });
  return kept ? 'pass' : 'open';
}

function fixedVerdict(counts, floor) {
  const rule = { kind: 'worst-subgroup', level: 'error', metric: 'clean-accuracy', columns: ['g'], minimum: 20 };
  const metrics = counts.map((count, index) => ({
    id: `clean-accuracy[g=${index}]`,
    model: 'm',
    label: '',
    unit: 'proportion',
    better: 'higher',
    group: { g: `${index}` },
    value: count / SIZE,
    count,
    total: SIZE,
  }));
  const findings = [{ audit: 'a', title: '', summary: '', metrics, details: [] }];
  const [{ verdict }] = judge([{ ...rule, side: 'floor', threshold: floor }], { findings, models: ['m'] });
  return verdict === 'inconclusive' ? 'open' : verdict;
}

/** One model of true robust accuracies. */
function simulate(rates, floor, random) {
  const left = rates.map(() => SIZE);
  const counts = [rates.map(() => 0)];
  const totals = [rates.map(() => 0)];
  const standing = [0];
  for (let i = 0; i < PLANNED; i++) {
    // The next of a random order: each subgroup by how many of it are left.
    let place = random.uniform() * (PLANNED - i);
    const group = left.findIndex((some) => (place -= some) < 0);
    left[group]--;
    const stands = Number(random.uniform() < rates[group]);
    counts.push(counts[i].with(group, counts[i][group] + stands));
    totals.push(totals[i].with(group, totals[i][group] + 1));
    standing.push(standing[i] + stands);
  }
  return {
    ...stopEarly((end) => settles(counts[end], totals[end], floor), standing),
    fixed: fixedVerdict(counts[PLANNED], floor),
  };
}

const error = (rate) => Math.sqrt((rate * (1 - rate)) / SIZE);
const others = (floor) => Array.from({ length: GROUPS - 1 }, () => Math.min(1, floor + ABOVE * error(floor)));

export function worstSubgroup() {
  errorHeader(`WORST-SUBGROUP: errors at the floor, ${GROUPS} subgroups of ${SIZE}`);
  for (const limit of floors) {
    const random = createRandom('bench early', 'worst-subgroup', `${limit}`);
    const of = (rates) => Array.from({ length: MODELS }, () => simulate(rates, limit, random));
    errorLine(`fails, every subgroup at ${limit}`, of(Array(GROUPS).fill(limit)), 'fail', LEVEL);
    errorLine(`passes, one subgroup at ${limit}, the others above`, of([limit, ...others(limit)]), 'pass', LEVEL);
  }

  const spread = createRandom('bench early', 'worst-subgroup', 'bands');
  byBand(`floors ${floors.join(', ')}, the worst above or below`, (from, to, index) => {
    const limit = floors[index % floors.length];
    const above = spread.uniform() < 0.5;
    const rate = Math.max(0, Math.min(1, limit + (above ? 1 : -1) * spread.uniform(from, to) * error(limit)));
    const rest = others(limit).map((other) => Math.max(rate, other));
    return { ...simulate([rate, ...rest], limit, spread), truth: above ? 'pass' : 'fail' };
  });

  const random = createRandom('bench early', 'worst-subgroup', 'population');
  byPopulation('robust accuracies uniform in a fifth of [0, 1], floor uniform in [0.2, 0.8]', () => {
    const [start, limit] = [random.uniform(0, 0.8), random.uniform(0.2, 0.8)];
    const rates = Array.from({ length: GROUPS }, () => start + random.uniform(0, 0.2));
    const worst = Math.min(...rates);
    const distance = Math.abs(worst - limit) / error(worst);
    return { ...simulate(rates, limit, random), truth: worst >= limit ? 'pass' : 'fail', distance };
  });
}
