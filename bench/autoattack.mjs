// AutoAttack against the authors' own on PyTorch: wall time and how many images stand, on a published CNN. Both sides get every
// core and the same images, one after the other. Needs `npm run build`, PROOFHOUSE_DATA, and PROOFHOUSE_AUTOATTACK: a folder that
// holds the package `autoattack` or `pyautoattack`, or the word `installed`; skips with a line otherwise. PROOFHOUSE_PYTHON names a
// Python with PyTorch; `python3` by default. An argument sets the number of images of each of the ten classes (10; at most 50).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import autoattack from '../dist/attacks/autoattack.js';
import { readImage } from '../dist/src/dataset/image.js';
import { readModel } from '../dist/src/onnx/read.js';
import { attacked, cifar10, cores, data, resnet2b, shape, standing } from './support/cifar10.mjs';

const TARGET = 4;
const EPSILONS = [2, 8];
const perClass = Number(process.argv[2] ?? 10);

const { PROOFHOUSE_AUTOATTACK: official, PROOFHOUSE_PYTHON: python = 'python3' } = process.env;
const script = fileURLToPath(new URL('autoattack.py', import.meta.url));
if (data === undefined || official === undefined) {
  const missing = data === undefined ? 'PROOFHOUSE_DATA' : 'PROOFHOUSE_AUTOATTACK';
  console.log(`autoattack: skipped, ${missing} is not set`);
  process.exit();
}
const probe = spawnSync(python, [script, official, '--probe'], { encoding: 'utf8' });
if (probe.status !== 0) {
  console.log(
    `autoattack: skipped, ${python} does not import PyTorch and AutoAttack: ${probe.stderr.trim().split('\n').at(-1)}`,
  );
  process.exit();
}

const dataset = await cifar10('autoattack');
const taken = Array.from({ length: 10 }, () => 0);
const examples = dataset.examples.filter(({ label }) => taken[label]++ < perClass);

const folder = mkdtempSync(join(tmpdir(), 'proofhouse-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const bytes = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

async function setUpTheirs() {
  const graph = await readModel(resnet2b.path);
  const weights = [...graph.initializers].filter(([, { type }]) => type === 'float32');
  writeFileSync(join(folder, 'weights'), Buffer.concat(weights.map(([, { data: values }]) => bytes(values))));
  const images = [];
  for (const { file } of examples) images.push(await readImage(file, { shape, resize: 'error' }));
  writeFileSync(join(folder, 'images'), Buffer.concat(images.map(bytes)));
  const setup = {
    threads: cores,
    labels: examples.map(({ label }) => label),
    mean: resnet2b.preprocessing.mean,
    std: resnet2b.preprocessing.std,
    input: graph.inputs[0].name,
    output: graph.outputs[0].name,
    nodes: graph.nodes.map(({ op, inputs, outputs, attributes }) => ({ op, inputs, output: outputs[0], attributes })),
    weights: weights.map(([name, { dims }]) => ({ name, dims })),
    epsilons: EPSILONS.map((epsilon) => epsilon / 255),
  };
  writeFileSync(join(folder, 'setup.json'), JSON.stringify(setup));
}

await setUpTheirs();
const measured = [];
for (const epsilon of EPSILONS) {
  const { rows, seconds } = await attacked(autoattack, epsilon, dataset, examples);
  measured.push({ seconds, left: standing(rows) });
}
const { status, stdout } = spawnSync(python, [script, official, folder], {
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
if (status !== 0) throw new Error(`${script} ended with code ${status}`);
const theirs = JSON.parse(stdout.trim().split('\n').at(-1));
for (const [i, { seconds, left }] of measured.entries()) {
  const ratio = theirs[i].seconds / seconds;
  console.log(
    `AutoAttack standard, ${EPSILONS[i]}/255, ${examples.length} images, ${cores} cores: ${seconds.toFixed(0)} s and ${left} stand; ` +
      `the authors' on PyTorch ${theirs[i].seconds.toFixed(0)} s and ${theirs[i].standing} stand; ` +
      `ratio ${ratio.toFixed(1)} (target ${TARGET}: ${ratio >= TARGET ? 'met' : 'missed'})`,
  );
}
