// How often the shipped gates fail, pass or leave open, over simulated models. `node bench/gates.mjs` after a build; about half a minute.
//
// max-drop: robust accuracy .45; 3 % of the images are a toss-up in every run (the attack's luck); a true drop turns sure ones over.
// subgroup-gap: groups of equal size at accuracy .6, one of them worse by the gap; tolerance 0, so that failing is a test of equality.

import { pair } from '../dist/src/gate/changes.js';
import { judge } from '../dist/src/gate/index.js';
import { createRandom } from '../dist/src/random.js';

const percent = (share) => `${(100 * share).toFixed(1)} %`.padStart(7);
const line = (...cells) => console.log(cells.map((cell) => String(cell).padStart(12)).join(''));

const standing = 0.45;
const tossUps = 0.03;

function outcomesOfDrop(size, drop, random) {
  const before = new Uint8Array(size);
  const now = new Uint8Array(size);
  for (let index = 0; index < size; index++) {
    const isTossUp = random.uniform() < tossUps;
    before[index] = random.uniform() < (isTossUp ? 0.5 : standing) ? 1 : 0;
    // Of the images that stand for sure, the share that a drop over all images means.
    const falls = random.uniform() < drop / (standing * (1 - tossUps));
    now[index] = isTossUp ? Number(random.uniform() < 0.5) : before[index] * Number(!falls);
  }
  return [before, now];
}

function maxDrop(size, drop, margin, runs) {
  const random = createRandom('bench', 'max-drop', size, String(drop));
  const examples = Array.from({ length: size }, (_, index) => ({ id: `${index}`, label: 0, groups: {} }));
  const rule = { kind: 'max-drop', level: 'error', metric: 'clean-accuracy', margin, alpha: 0.05 };
  const counts = { fail: 0, pass: 0, inconclusive: 0 };
  for (let run = 0; run < runs; run++) {
    const paired = pair(examples, ...outcomesOfDrop(size, drop, random));
    const change = { model: 'm', baselineModel: 'm', evaluation: 'clean', differs: [], paired };
    const [{ verdict }] = judge([rule], { findings: [], models: ['m'], changes: [change] });
    counts[verdict]++;
  }
  return counts;
}

function subgroupGap(groups, size, gap, runs) {
  const random = createRandom('bench', 'subgroup-gap', groups, size, String(gap));
  const limits = { tolerance: 0, alpha: 0.05, minimum: 20 };
  const rule = { kind: 'subgroup-gap', level: 'error', metric: 'clean-accuracy', columns: ['g'], ...limits };
  let failed = 0;
  for (let run = 0; run < runs; run++) {
    const metrics = Array.from({ length: groups }, (_, index) => {
      let count = 0;
      for (let one = 0; one < size; one++) if (random.uniform() < (index === 0 ? 0.6 - gap : 0.6)) count++;
      const group = { g: `${index}` };
      const about = { model: 'm', label: '', unit: 'proportion', better: 'higher', group };
      return { id: `clean-accuracy[g=${index}]`, ...about, value: count / size, count, total: size };
    });
    const findings = [{ audit: 'a', title: '', summary: '', metrics, details: [] }];
    if (judge([rule], { findings, models: ['m'] })[0].verdict === 'fail') failed++;
  }
  return failed / runs;
}

console.log('max-drop: share of runs that fail (margin 0), and with a margin of 1 point: fail, pass, open');
line('images', 'true drop', 'fail', 'fail', 'pass', 'open');
for (const size of [200, 1000, 2000])
  for (const drop of [0, 0.03]) {
    const runs = 1000;
    const bare = maxDrop(size, drop, 0, runs);
    const meant = maxDrop(size, drop, 0.01, runs);
    const shares = [bare.fail, meant.fail, meant.pass, meant.inconclusive].map((count) => percent(count / runs));
    line(size, `${100 * drop} points`, ...shares);
  }

console.log('\nsubgroup-gap: share of runs that fail, by the true gap of one group to all others');
line('groups', 'images each', '0', '10', '15', '20 points');
for (const [groups, size] of [
  [2, 100],
  [6, 100],
  [6, 400],
]) {
  const shares = [0, 0.1, 0.15, 0.2].map((gap) => percent(subgroupGap(groups, size, gap, 200)));
  line(groups, size, ...shares);
}
