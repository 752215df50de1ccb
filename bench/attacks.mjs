// Every attack against an affine model of two classes in 3,072 dimensions, where the nearest adversarial point is known in closed form.
// Minimal-norm attacks: how far beyond the optimum their point is. Attacks at a given ε: the least multiple of the optimum, of a few, at which they
// succeed. Queries (gradients + scores + decisions) and seconds are of one run, for attacks at a given ε on an image that stands. Needs `npm run build`.
// Names of attacks as arguments keep to those.
import { drive } from '../dist/src/collect/drive.js';
import { examine } from '../dist/src/collect/examine.js';
import { argmax } from '../dist/src/goal/index.js';
import { lossNamed } from '../dist/src/loss/index.js';
import { loadPlugins } from '../dist/src/plugins.js';
import { createRandom } from '../dist/src/random.js';

const shape = { channels: 3, height: 32, width: 32 };
const LENGTH = 3072;
const MULTIPLES = [1.01, 1.05, 1.1, 1.25, 1.5, 2, 4, 8, 16, 32];

const random = createRandom(0, 'bench of attacks');
const image = Float32Array.from({ length: LENGTH }, () => random.uniform(0.4, 0.6));
const normal = Float64Array.from({ length: LENGTH }, () => random.normal());
// Class 0 leads by this; several pixels at their ends are needed to cross.
const MARGIN = 20;
const offset = -MARGIN - normal.reduce((sum, w, i) => sum + w * image[i], 0);
const logitsOf = (point) => {
  let sum = offset;
  for (let i = 0; i < LENGTH; i++) sum += normal[i] * point[i];
  return Float32Array.of(0, sum);
};

function answer(question) {
  if (question.ask === 'decision') return { labels: question.points.map((point) => argmax(logitsOf(point))) };
  if (question.ask !== 'gradient') return { scores: question.points.map(logitsOf) };
  const scores = logitsOf(question.point);
  const asked = question.losses.map(({ loss, goal }) => [typeof loss === 'string' ? lossNamed(loss) : loss, goal]);
  return {
    scores,
    losses: asked.map(([loss, goal]) => loss.value(scores, goal)),
    gradients: asked.map(([loss, goal]) => {
      const factor = loss.cotangent(scores, goal)[1];
      return Float32Array.from(normal, (w) => factor * w);
    }),
  };
}

/** By greed: the largest gains first, for L1 only as much of the last as is needed. */
function greedy(norm) {
  const coordinates = Array.from(normal, (w, i) => ({ slope: Math.abs(w), room: w > 0 ? 1 - image[i] : image[i] }));
  const worth = ({ slope, room }) => (norm === 'l1' ? slope : slope * room);
  let missing = MARGIN;
  let distance = 0;
  for (const { slope, room } of coordinates.toSorted((a, b) => worth(b) - worth(a))) {
    if (slope * room >= missing) return distance + (norm === 'l1' ? missing / slope : 1);
    missing -= slope * room;
    distance += norm === 'l1' ? room : 1;
  }
}

const optimum = {
  linf: MARGIN / normal.reduce((sum, w) => sum + Math.abs(w), 0),
  l2: MARGIN / Math.hypot(...normal),
  l1: greedy('l1'),
  l0: greedy('l0'),
};

/** Rows of one attack on the image, by ascending ε, and how long they took. */
async function run(attack, norm, epsilons) {
  const plan = {
    id: `${attack.name}:${norm}`,
    attack: attack.name,
    norm,
    epsilons: epsilons.map((value) => ({ text: String(value), value })),
    target: 'untargeted',
    options: attack.options.parse({}),
  };
  const rows = [];
  const work = {
    done: () => false,
    emit: (result) => {
      if (result.part !== 'clean') rows.push(...result.rows);
    },
  };
  const queue = [{ id: 'image', label: 0 }];
  const settings = { model: 'affine', seed: 0, shape, series: [{ attack, plan }] };
  const started = performance.now();
  await drive(
    async () => (queue.length > 0 ? examine(settings, queue.shift(), image, work) : undefined),
    async (questions) => questions.map(answer),
    { batchSize: 32 },
  );
  return { rows, seconds: (performance.now() - started) / 1000 };
}

const total = ({ gradient, score, decision }) => gradient + score + decision;

async function line(attack, norm) {
  if (!(norm in optimum)) {
    const { rows, seconds } = await run(attack, norm, [1e-6]);
    return ['no closed form', total(rows[0].queries), seconds];
  }
  const exact = optimum[norm];
  if (attack.budget === 'minimal-norm') {
    const { rows, seconds } = await run(attack, norm, [1e9]);
    const error = rows[0].success ? `${(100 * (rows[0].distances[norm] / exact - 1)).toFixed(2)} %` : 'nothing found';
    return [error, total(rows[0].queries), seconds];
  }
  const epsilons = MULTIPLES.map((multiple) => (norm === 'l0' ? Math.ceil(multiple * exact) : multiple * exact));
  const { rows } = await run(attack, norm, [...new Set(epsilons)]);
  const fallen = rows.findIndex(({ success }) => success);
  const standing = await run(attack, norm, [norm === 'l0' ? Math.max(1, Math.floor(exact / 2)) : exact / 2]);
  const least = [...new Set(epsilons)][fallen] / exact;
  const error = fallen < 0 ? `stands at ${MULTIPLES.at(-1)} ×` : `falls at ${Number(least.toFixed(2))} ×`;
  return [error, total(standing.rows[0].queries), standing.seconds];
}

const plugins = await loadPlugins([], '/');
const chosen = process.argv.slice(2);
console.log('| attack | threat | beyond the optimum | queries | seconds |\n| --- | --- | --- | --- | --- |');
for (const name of plugins.names('attacks').toSorted()) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const attack = await plugins.attack(name);
  for (const threat of [...attack.threats, ...(attack.families ?? [])]) {
    const [error, queries, seconds] = await line(attack, threat);
    console.log(`| ${name} | ${threat} | ${error} | ${queries} | ${seconds.toFixed(1)} |`);
  }
}
