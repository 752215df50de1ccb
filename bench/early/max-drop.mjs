// A drop against a baseline: robust accuracy .45 before, 1.5 % of the images turn over by chance alone, as under an attack with another seed.
import { judge } from '../../dist/src/gate/index.js';
import { levelsInSequence } from '../../dist/src/gate/rules/max-drop-in-sequence.js';
import { createRandom } from '../../dist/src/random.js';
import { capitalAgainstDifference, mcnemarExact, tango } from '../../dist/src/statistics/index.js';
import { byBand, byPopulation, errorHeader, errorLine, MODELS, PLANNED, stopEarly } from './table.mjs';

const BEFORE = 0.45;
const CHANCE = 0.015;
const ALPHA = 0.05;
const margins = [0, 0.01, 0.02];
const levels = levelsInSequence({ alpha: ALPHA });

function judged(losses, gains, total, margin, planned) {
  const ids = (count) => Array.from({ length: count }, (_, index) => `${index}`);
  const pairs = { losses, gains, total };
  const paired = { total, stand: 0, fall: 0, regressed: ids(losses), improved: ids(gains), groups: [] };
  Object.assign(paired, { drop: (losses - gains) / total, ...tango(pairs), p: mcnemarExact(losses, gains, 'worse') });
  const rule = { kind: 'max-drop', level: 'error', metric: 'clean-accuracy', margin, alpha: ALPHA };
  const change = { model: 'm', baselineModel: 'm', evaluation: 'clean', differs: [], paired };
  const given = { findings: [], models: ['m'], changes: [change] };
  const [{ verdict }] = judge([rule], {
    ...given,
    ...(planned && { planned: new Map([['clean-accuracy', { total: planned }]]) }),
  });
  return verdict === 'inconclusive' ? 'open' : verdict;
}

/** As the gate decides before the end, without the limits that it tells. */
function settles(losses, gains, total, margin) {
  if (capitalAgainstDifference({ losses, gains, total }, margin) >= 1 / levels.fail) return 'fail';
  const mirrored = { losses: gains, gains: losses, total };
  return capitalAgainstDifference(mirrored, -margin) >= 1 / levels.pass ? 'pass' : 'open';
}

const rates = (drop) => ({ loss: CHANCE / 2 + Math.max(0, drop), gain: CHANCE / 2 + Math.max(0, -drop) });
const error = (drop) => Math.sqrt((CHANCE + Math.abs(drop) - drop ** 2) / PLANNED);

/** One model of a true drop. */
function simulate(drop, margin, random) {
  const { loss, gain } = rates(drop);
  const [losses, gains, standing] = [[0], [0], [0]];
  for (let i = 0; i < PLANNED; i++) {
    const drawn = random.uniform();
    const change = drawn < loss ? 'loss' : drawn < loss + gain ? 'gain' : 'none';
    losses.push(losses[i] + Number(change === 'loss'));
    gains.push(gains[i] + Number(change === 'gain'));
    const stands = change === 'gain' || (change === 'none' && random.uniform() < (BEFORE - loss) / (1 - loss - gain));
    standing.push(standing[i] + Number(stands));
  }
  const verdictAt = (end) =>
    end === PLANNED
      ? judged(losses[end], gains[end], end, margin, PLANNED)
      : settles(losses[end], gains[end], end, margin);
  return { ...stopEarly(verdictAt, standing), fixed: judged(losses[PLANNED], gains[PLANNED], PLANNED, margin) };
}

export function maxDrop() {
  errorHeader('MAX-DROP: errors at no drop, and at the margin');
  const truths = margins.flatMap((margin) =>
    margin === 0
      ? [[margin, 0]]
      : [
          [margin, 0],
          [margin, margin],
        ],
  );
  for (const [margin, drop] of truths) {
    const random = createRandom('bench early', 'max-drop', `${margin}`, `${drop}`);
    const results = Array.from({ length: MODELS }, () => simulate(drop, margin, random));
    const about = `a true drop of ${100 * drop} points, margin ${100 * margin}`;
    // A drop of just the margin is one: "worse" is then no error, and how often the size is missed has no nominal rate.
    errorLine(`fails, ${about}`, results, 'fail', drop === 0 ? ALPHA : undefined);
    if (drop === margin) errorLine(`passes, ${about}`, results, 'pass', 0.025);
  }

  const spread = createRandom('bench early', 'max-drop', 'bands');
  byBand(`margins ${margins.join(', ')}, true drop above or below`, (from, to, index) => {
    const margin = margins[index % margins.length];
    const above = spread.uniform() < 0.5;
    const distance = (above ? 1 : -1) * spread.uniform(from, to);
    // The error grows with the drop: the drop that lies so many of its own errors away.
    let drop = margin;
    for (let i = 0; i < 50; i++) drop = margin + distance * error(drop);
    return { ...simulate(Math.max(-0.5, Math.min(0.4, drop)), margin, spread), truth: above ? 'fail' : 'pass' };
  });

  const random = createRandom('bench early', 'max-drop', 'population');
  byPopulation('true drop uniform in [−0.05, 0.1], margin uniform in [0, 0.03]', () => {
    const [drop, margin] = [random.uniform(-0.05, 0.1), random.uniform(0, 0.03)];
    const distance = Math.abs(drop - margin) / error(drop);
    return { ...simulate(drop, margin, random), truth: drop > margin ? 'fail' : 'pass', distance };
  });
}
