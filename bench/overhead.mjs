// What an attack costs beside the engine: PGD-40 without early stop on a published CNN, wall time over the bare time of the same gradients.
// One thread; both sides run in this process in turn, so that a machine whose speed drifts slows both. Needs `npm run build` and
// PROOFHOUSE_DATA; skips with a line without it.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import pgd from '../dist/attacks/gradient/pgd.js';
import { drive } from '../dist/src/collect/drive.js';
import { readImage } from '../dist/src/dataset/image.js';
import { gradientGraph, prepareGraph } from '../dist/src/engine/gradient-model.js';
import { OnnxModel } from '../dist/src/engine/onnx-model.js';
import { oracleOf } from '../dist/src/engine/oracle.js';
import { openGraph } from '../dist/src/engine/session.js';
import { lossNamed } from '../dist/src/loss/index.js';
import { readModel } from '../dist/src/onnx/read.js';
import { createRandom } from '../dist/src/random.js';
import { threatAround } from '../dist/src/threat/index.js';

const STEPS = 40;
const BATCH = 32;
const EXAMPLES = 320;
const ROUNDS = 9;
const TARGET = 1.35;

const data = process.env.PROOFHOUSE_DATA;
if (data === undefined) {
  console.log('skip: attack overhead (PROOFHOUSE_DATA is not set)');
  process.exit();
}

const shape = { channels: 3, height: 32, width: 32 };
const path = join(data, 'models/resnet_2b.onnx');
const preprocessing = {
  mean: [0.4914, 0.4822, 0.4465],
  std: [0.2471, 0.2435, 0.2616],
  channels: 'rgb',
  layout: 'auto',
  range: [0, 1],
};
const folder = join(data, 'cifar10');
const examples = [];
for (const [label, name] of readdirSync(folder).toSorted().entries()) {
  for (const file of readdirSync(join(folder, name))
    .toSorted()
    .slice(0, EXAMPLES / 10)) {
    const image = await readImage(join(folder, name, file), { shape, resize: 'error' });
    examples.push({ id: `${name}/${file}`, label, image });
  }
}

const model = await OnnxModel.open({ name: 'resnet_2b', path, preprocessing }, { threads: 1, batchSize: BATCH, shape });
const oracle = oracleOf(model);
const options = pgd.options.parse({ steps: STEPS });

function* attackOf({ id, label, image }) {
  const goal = { kind: 'leave', classes: [label] };
  const threat = threatAround(image, 'linf', 8 / 255);
  const random = createRandom(0, 'overhead', id);
  const gradientOf = function* (point, loss) {
    const { gradients, losses, scores } = yield { ask: 'gradient', point, losses: [{ loss, goal }] };
    return { gradient: gradients[0], loss: losses[0], scores, achieved: false };
  };
  const scoresOf = function* (point) {
    const { scores } = yield { ask: 'scores', points: [point] };
    return { scores: scores[0], achieved: false };
  };
  yield* pgd.attack({ image, threat, goal, random, stop: 'budget', gradientOf, scoresOf }, options);
}

async function attack() {
  const queue = [...examples];
  await drive(async () => (queue.length > 0 ? attackOf(queue.shift()) : undefined), oracle, { batchSize: BATCH });
}

const { graph } = prepareGraph(await readModel(path), preprocessing, [32, 32]);
const { graph: withLoss, rowInputs, outputs } = gradientGraph(graph, [lossNamed('cross-entropy')], 10);
const session = await openGraph(withLoss, { threads: 1 });
const images = new Float32Array(BATCH * 3072);
const labels = new Float32Array(BATCH * 10);
for (const [i, { image, label }] of examples.slice(0, BATCH).entries()) {
  images.set(image, i * 3072);
  labels[i * 10 + label] = 1;
}
const feeds = {
  images: new Tensor('float32', images, [BATCH, 3, 32, 32]),
  [rowInputs[0][0]]: new Tensor('float32', labels, [BATCH, 10]),
};

async function engine() {
  for (let i = 0; i < (STEPS * EXAMPLES) / BATCH; i++) await session.run(feeds, outputs);
}

const timed = async (work) => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
await attack();
await engine();
const rounds = [];
for (let round = 0; round < ROUNDS; round++) rounds.push([await timed(attack), await timed(engine)]);
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const ratio = median(rounds.map(([whole, bare]) => whole / bare));
const perSecond = (index) => Math.round((STEPS * EXAMPLES * 1000) / median(rounds.map((round) => round[index])));
console.log(
  `attack overhead: PGD-${STEPS} ${perSecond(0)} gradients/s, bare engine ${perSecond(1)}/s, ` +
    `wall over engine ${ratio.toFixed(2)} (${ratio <= TARGET ? 'meets' : 'misses'} ${TARGET})`,
);
