// Training against a PyTorch script (training.py): ResNet-20 of width 16 on the 5,000 CIFAR-10 images, same hyper-parameters.
//   node bench/training.mjs                            images a second, processor time and peak memory: standard and adversarial (PGD-7), both sides on every core
//   node bench/training.mjs accuracy pgd-at 15 3       clean and PGD-20 accuracy after 15 epochs, mean of 3 seeds each, from the same initial weights (long)
//   node bench/training.mjs alone fast 4 1             the same of our side alone, of any objective, with its time
// Needs `npm run build`, PROOFHOUSE_DATA, and a python with torch and pillow in PROOFHOUSE_PYTHON.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pgd from '../dist/attacks/gradient/pgd.js';
import { writeModel } from '../dist/src/onnx/write.js';
import { begin } from '../dist/src/training/begin.js';
import { fit } from '../dist/src/training/fit.js';
import { namedValues } from '../dist/src/training/layout.js';
import { withValues } from '../dist/src/training/network.js';
import { buildNetwork } from '../dist/src/training/networks/index.js';
import { attacked, cifar10, cores, data, resnet2b, standing } from './support/cifar10.mjs';

const python = process.env.PROOFHOUSE_PYTHON ?? 'python3';
const { mean, std } = resnet2b.preprocessing;
const RATE = 0.1;
const BATCH = 128;
const TARGET = { standard: 0.8, 'pgd-at': 1 };
const MEMORY_TARGET = 2;

const options = {
  standard: {},
  'pgd-at': { epsilon: 8 / 255, norm: 'linf', steps: 7, 'relative-step': 0.25 },
  trades: { epsilon: 8 / 255, 'relative-step': 0.007 / (8 / 255) },
  fast: { epsilon: 8 / 255 },
};

async function plan(objective, epochs, seed) {
  const { loadPlugins } = await import('../dist/src/plugins.js');
  const { options: schema } = await (await loadPlugins([], '/')).objective(objective);
  const columns = { path: 'path', label: 'label', groups: 'auto' };
  return {
    network: { family: 'resnet-20' },
    preprocessing: resnet2b.preprocessing,
    data: { folder: join(data, 'cifar10-train'), columns, resize: 'error' },
    // One image a class: the final weights are measured, not a selected checkpoint.
    heldOut: 0.002,
    objective: { name: objective, options: schema.parse(options[objective]) },
    epochs,
    batchSize: BATCH,
    portion: BATCH / 2,
    optimizer: { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    learningRate: RATE,
    schedule: { name: 'one-cycle', peak: 0.3, warmup: 0 },
    labelSmoothing: 0,
    augmentation: { flip: true, crop: 4 },
    selection: { attack: { attack: 'pgd', norm: 'linf', epsilon: 8 / 255, options: { steps: 1 } } },
    engine: { workers: cores, threads: 1 },
    seed,
    output: '',
    pluginFiles: [],
  };
}

/** The last line of a process's answer. */
function answerOf(command, args, input = '') {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(stderr.slice(-2000));
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));

function theirs(settings) {
  const setup = { threads: cores, batch: BATCH, rate: RATE, mean, std, data: join(data, 'cifar10-train'), ...settings };
  return answerOf(python, [pathOf('training.py')], `${JSON.stringify(setup)}\n`);
}

/** The steps after the first, whose sessions are opened and whose memory is taken then: as `training.py` times its own. */
async function measureSteps(objective, steps) {
  const begun = await begin(await plan(objective, 2, 0));
  const stop = new AbortController();
  let start;
  let end;
  const now = () => ({ time: performance.now() / 1000, cpu: process.cpuUsage() });
  const onStep = ({ step }) => {
    if (step === 1) start = now();
    if (step === 1 + steps) {
      end = now();
      stop.abort();
    }
  };
  await fit(begun.fit, begun.start, { onStep, checkpoint: async () => {}, signal: stop.signal }).catch(() => {});
  await begun.fit.team.close();
  const busy = ({ cpu: { user, system } }) => (user + system) / 1e6;
  console.log(
    JSON.stringify({
      seconds: (end.time - start.time) / steps,
      cpu: (busy(end) - busy(start)) / steps,
      memory: process.resourceUsage().maxRSS / 1024,
    }),
  );
}

async function speed(steps) {
  const met = (is) => (is ? 'met' : 'missed');
  for (const objective of Object.keys(TARGET)) {
    const torch = theirs({ objective, epochs: 2, steps, seed: 0 });
    const own = answerOf(process.execPath, [pathOf('training.mjs'), 'steps', objective, String(steps)]);
    const ratio = torch.seconds / own.seconds;
    const memory = own.memory / torch.memory;
    console.log(
      `training speed: ${objective}, ResNet-20 width 16, batch ${BATCH}, ${cores} cores: ${(BATCH / own.seconds).toFixed(0)} images/s, PyTorch ${torch.version} ` +
        `${(BATCH / torch.seconds).toFixed(0)}: ${ratio.toFixed(2)}× (target at least ${TARGET[objective]}×: ${met(ratio >= TARGET[objective])}); ` +
        `processor ${own.cpu.toFixed(2)} and ${torch.cpu.toFixed(2)} s a step; ` +
        `peak memory ${own.memory.toFixed(0)} and ${torch.memory.toFixed(0)} MiB: ${memory.toFixed(2)}× (target below ${MEMORY_TARGET}×: ${met(memory < MEMORY_TARGET)})`,
    );
  }
}

/** Clean and PGD-20 accuracy of an ONNX file on the 500 test images. */
async function measured(path, preprocessing) {
  const dataset = await cifar10('training');
  const attack = { ...pgd, options: { parse: () => pgd.options.parse({ steps: 20, 'relative-step': 0.25 }) } };
  const { rows } = await attacked(attack, 8, dataset, dataset.examples, { name: 'trained', path, preprocessing });
  const clean = rows.filter(({ distances }) => distances.linf > 0).length;
  return { clean: (100 * clean) / rows.length, robust: (100 * standing(rows)) / rows.length };
}

/** Trains, writes the final weights and measures them. */
async function trained(settings, path) {
  const begun = await begin(settings);
  const start = performance.now();
  const state = await fit(begun.fit, begun.start, { checkpoint: async () => {} });
  const seconds = (performance.now() - start) / 1000;
  await begun.fit.team.close();
  const values = namedValues(begun.fit.layout, state.weights, state.statistics);
  writeFileSync(path, writeModel(withValues(begun.network.graph, values)));
  return { ...(await measured(path, resnet2b.preprocessing)), seconds, epochs: state.curves.length };
}

async function alone(objective, epochs, seeds) {
  const folder = mkdtempSync(join(tmpdir(), 'proofhouse-bench-'));
  for (let seed = 0; seed < seeds; seed++) {
    // A tenth is held out, so that a guard on robust accuracy has something to go by.
    const settings = { ...(await plan(objective, epochs, seed)), heldOut: 0.1 };
    const result = await trained(settings, join(folder, `${seed}.onnx`));
    console.log(
      `  ${objective}, seed ${seed}: clean ${result.clean.toFixed(1)} and PGD-20 ${result.robust.toFixed(1)} % after ${result.epochs} of ${epochs} epochs in ${result.seconds.toFixed(0)} s`,
    );
  }
}

/** The weights that a training begins with: theirs alone move clean accuracy by some points after few epochs, so both sides begin with the same. */
function writeInitial(path, seed) {
  const { initializers } = buildNetwork('resnet-20', { channels: 3, classes: 10, seed });
  const values = [...initializers].map(([name, { data: floats }]) => [
    name,
    Buffer.from(floats.buffer, floats.byteOffset, floats.byteLength).toString('base64'),
  ]);
  writeFileSync(path, JSON.stringify(Object.fromEntries(values)));
  return path;
}

async function accuracy(objective, epochs, seeds) {
  const folder = mkdtempSync(join(tmpdir(), 'proofhouse-bench-'));
  const plain = { ...resnet2b.preprocessing, mean: [0], std: [1] };
  const sums = { ours: { clean: 0, robust: 0 }, theirs: { clean: 0, robust: 0 } };
  for (let seed = 0; seed < seeds; seed++) {
    // Statistics of the whole batch, as theirs are.
    const settings = {
      ...(await plan(objective, epochs, seed)),
      portion: BATCH,
      engine: { workers: 1, threads: cores },
    };
    const ours = await trained(settings, join(folder, `ours-${seed}.onnx`));
    const initial = writeInitial(join(folder, `initial-${seed}.json`), seed);
    const torch = theirs({ objective, epochs, seed, initial, out: join(folder, `torch-${seed}.onnx`) });
    const results = { ours, theirs: await measured(torch.out, plain) };
    for (const side of ['ours', 'theirs'])
      for (const kind of ['clean', 'robust']) sums[side][kind] += results[side][kind] / seeds;
    console.log(
      `  seed ${seed}: clean ${results.ours.clean.toFixed(1)} and PGD-20 ${results.ours.robust.toFixed(1)} % in ${ours.seconds.toFixed(0)} s; ` +
        `PyTorch ${results.theirs.clean.toFixed(1)} and ${results.theirs.robust.toFixed(1)} % in ${torch.seconds.toFixed(0)} s`,
    );
  }
  const apart = Math.max(...['clean', 'robust'].map((kind) => Math.abs(sums.ours[kind] - sums.theirs[kind])));
  console.log(
    `training accuracy: ${objective}, ${epochs} epochs, mean of ${seeds} seeds: clean ${sums.ours.clean.toFixed(1)} %, PGD-20 at 8/255 ${sums.ours.robust.toFixed(1)} %; ` +
      `PyTorch ${sums.theirs.clean.toFixed(1)} % and ${sums.theirs.robust.toFixed(1)} %: ${apart.toFixed(1)} points apart (target at most 3: ${apart <= 3 ? 'met' : 'missed'})`,
  );
}

const [mode = 'speed', ...rest] = process.argv.slice(2);
const hasTorch = mode === 'steps' || mode === 'alone' || spawnSync(python, ['-c', 'import torch, PIL']).status === 0;
if (data === undefined) console.log('training: skipped, PROOFHOUSE_DATA is not set');
else if (!hasTorch) console.log(`training: skipped, ${python} has no torch and pillow; set PROOFHOUSE_PYTHON`);
else if (mode === 'steps') await measureSteps(rest[0], Number(rest[1]));
else if (mode === 'alone') await alone(rest[0] ?? 'pgd-at', Number(rest[1] ?? 15), Number(rest[2] ?? 1));
else if (mode === 'accuracy') await accuracy(rest[0] ?? 'standard', Number(rest[1] ?? 15), Number(rest[2] ?? 3));
else await speed(Number(rest[0] ?? 10));
